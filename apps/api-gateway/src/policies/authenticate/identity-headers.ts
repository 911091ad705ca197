import { CartwayError } from "@libs/errors";
import type { HeaderList } from "../../model/header-list.ts";
import type { Principal } from "../../model/principal.ts";
import { reservedHeaders } from "../../model/reserved-headers.ts";
import { identityWord } from "../../model/identity-word.ts";

const valueLengthMax = 4096;
const prepared = new WeakMap<Principal, readonly string[]>();

/** Tells the service who calls. The names were stripped from what came from outside. */
export function addIdentityHeaders(headers: HeaderList, principal: Principal): void {
  const fields = identityFields(principal);
  for (let index = 0; index < fields.length; index += 2) {
    headers.append(fields[index] ?? "", fields[index + 1] ?? "");
  }
}

/**
 * Names and values of the headers that say who calls, one after the other. Worked out once a principal. What an identity server
 * put into a claim is encoded, so that no claim can end a header, add one, or split a role in two.
 */
export function identityFields(principal: Principal): readonly string[] {
  let fields = prepared.get(principal);
  if (fields === undefined) {
    fields = prepare(principal);
    prepared.set(principal, fields);
  }
  return fields;
}

function prepare(principal: Principal): readonly string[] {
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
