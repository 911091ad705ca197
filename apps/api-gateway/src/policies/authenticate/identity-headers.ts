import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import { reservedHeaders } from "../../model/http/reserved-headers.ts";
import { identityWord } from "../../model/identity/identity-word.ts";

const valueLengthMax = 4096;
/**
 * The headers that identify the caller, names and values alternating. Claims are encoded, so that none can end a header, add another one,
 * or split a role in two.
 * @throws CartwayError `forbidden` where they are too long.
 */
export function identityFields(principal: Principal): readonly string[] {
  const fields: string[] = [
    reservedHeaders.userId,
    identityWord(principal.subject),
    reservedHeaders.authMethod,
    principal.method,
  ];
  if (principal.roles.length > 0)
    fields.push(reservedHeaders.userRoles, principal.roles.map(identityWord).join(","));
  if (principal.scopes.length > 0)
    fields.push(reservedHeaders.userScopes, principal.scopes.map(identityWord).join(" "));
  if (principal.tenantId !== null) fields.push(reservedHeaders.tenantId, identityWord(principal.tenantId));
  if (principal.sessionId !== null) fields.push(reservedHeaders.sessionId, identityWord(principal.sessionId));
  if (principal.method === "device-session")
    fields.push(reservedHeaders.deviceId, identityWord(principal.subject));
  if (fields.some((field) => field.length > valueLengthMax)) {
    throw new CartwayError("forbidden", {
      internal: `the principal of ${principal.identity} is too large for headers`,
    });
  }
  // their size is bounded by the identity that supplies them
  return principal.fields === undefined ? fields : [...fields, ...principal.fields];
}
