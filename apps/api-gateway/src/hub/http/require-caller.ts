import { CartwayError } from "@libs/errors";
import type { Authentication } from "../../model/authentication.ts";
import type { Principal } from "../../model/principal.ts";

/**
 * The caller, `null` where nothing was presented. @throws CartwayError `invalid_token` for a credential that is no good,
 * `forbidden` for one that is and does not let in, `identity_unavailable`
 */
export function callerOf(answer: Authentication): Principal | null {
  switch (answer.outcome) {
    case "authenticated":
      return answer.principal;
    case "absent":
      return null;
    case "unavailable":
      throw new CartwayError("identity_unavailable", { retryAfterSeconds: 1 });
    case "rejected":
      throw new CartwayError("invalid_token", {
        headers: { "www-authenticate": 'Bearer error="invalid_token"' },
      });
    case "barred":
      throw new CartwayError("forbidden", { message: `The caller is ${answer.reason}.` });
  }
}

/** @throws CartwayError `unauthenticated` besides */
export function requireCaller(answer: Authentication): Principal {
  const caller = callerOf(answer);
  if (caller === null)
    throw new CartwayError("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
  return caller;
}
