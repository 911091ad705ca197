import { CartwayError } from "@libs/errors";
import type { Authenticated, Authentication } from "../../model/authentication.ts";
import type { Principal } from "../../model/principal.ts";

/**
 * The answers of RFC 6750, section 3.1: no error code where nothing was presented, `invalid_request` for what is no proper
 * use of the scheme, `invalid_token` for all else. Why a token is refused is for the log: callers learn of expiry only.
 */
export function unauthenticated(realm: string): CartwayError {
  return new CartwayError("unauthenticated", { headers: { "www-authenticate": `Bearer realm="${realm}"` } });
}

function malformedCredentials(realm: string): CartwayError {
  return new CartwayError("bad_request", {
    message: "The credentials are malformed, given twice, or given where they may not stand.",
    headers: { "www-authenticate": `Bearer realm="${realm}", error="invalid_request"` },
  });
}

function invalidToken(realm: string, reason: string): CartwayError {
  const description = reason === "expired" ? "The token has expired." : "The token is not valid.";
  return new CartwayError("invalid_token", {
    message: description,
    headers: {
      "www-authenticate": `Bearer realm="${realm}", error="invalid_token", error_description="${description}"`,
    },
  });
}

export type NotKnown = Exclude<Authentication, Authenticated>;

/** What a caller is told whom no identity knows. */
export function refusalOf(answer: NotKnown, realm: string): CartwayError {
  switch (answer.outcome) {
    case "absent":
      return unauthenticated(realm);
    case "rejected":
      return rejectedCredentials(realm, answer.reason);
    case "barred":
      return new CartwayError("forbidden", { message: `The caller is ${answer.reason}.` });
    case "unavailable":
      return new CartwayError("identity_unavailable", { retryAfterSeconds: 2 });
  }
}

/** What was presented and is no good, by the reason that the identity gave. */
function rejectedCredentials(realm: string, reason: string): CartwayError {
  if (reason === "malformed_credentials") return malformedCredentials(realm);
  if (reason === "foreign_page")
    return new CartwayError("forbidden", {
      message: "A cookie counts only on requests of this origin's own pages.",
    });
  return invalidToken(realm, reason);
}

/** RFC 6750, section 3.1: a token that is good, and not good enough for want of scopes. */
export function insufficientScope(realm: string, scopes: readonly string[]): CartwayError {
  return new CartwayError("forbidden", {
    message: "The token does not have the scopes that this needs.",
    details: { scopes },
    headers: { "www-authenticate": `${insufficient(realm)}, scope="${scopes.join(" ")}"` },
  });
}

/** The same for want of anything else. Who came without a token, by a key or a certificate, is told of none. */
export function insufficientRights(realm: string, { method }: Principal): CartwayError {
  if (method === "api-key" || method === "mtls") return new CartwayError("forbidden");
  return new CartwayError("forbidden", { headers: { "www-authenticate": insufficient(realm) } });
}

/** The code stands for any right that the token does not give: "higher privileges", as the RFC has it. */
function insufficient(realm: string): string {
  return `Bearer realm="${realm}", error="insufficient_scope"`;
}
