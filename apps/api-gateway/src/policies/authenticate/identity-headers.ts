import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/principal.ts";
import { reservedHeaders } from "../../model/reserved-headers.ts";
import { identityWord } from "../../model/identity-word.ts";

const valueLengthMax = 4096;
/**
 * Names and values of the headers that say who calls, one after the other. What an identity server put into a claim is encoded, so
 * that no claim can end a header, add one, or split a role in two.
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
  // bounded by the identity that gives them
  return principal.fields === undefined ? fields : [...fields, ...principal.fields];
}
