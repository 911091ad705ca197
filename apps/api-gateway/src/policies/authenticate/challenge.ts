import { CartwayError } from "@libs/errors";
import { rejectedCredential } from "../../identity/rejected-credential.ts";
import type {
  AskedCredentials,
  Authenticated,
  Authentication,
  Rejected,
  TurnedAway,
} from "../../model/identity/authentication.ts";
import type { Principal } from "../../model/identity/principal.ts";

/** Of routes that set no other, and of the hub. */
export const defaultRealm = "cartway";

/** How callers are asked for credentials. */
export interface Challenge {
  readonly realm: string;
  readonly asked: AskedCredentials;
}

/**
 * Answers of RFC 6750, section 3.1: no error code without credentials, `invalid_request` for malformed ones, `invalid_token` for a token
 * that is not valid.
 */
export function unauthenticated(challenge: Challenge): CartwayError {
  const { words } = challenge.asked;
  return new CartwayError("unauthenticated", {
    ...(words.length > 0 && { message: `Authentication is required: ${words.join(", or ")}.` }),
    headers: { "www-authenticate": fieldOf(challenge, "") },
  });
}

/**
 * At least one challenge (RFC 9110, section 15.5.2). `Basic` follows RFC 7617, section 2.1. A service that is asked gives challenges of its
 * own; `Bearer` stands for it where it gave none.
 * @param bearerParameters of `Bearer`, beside the realm.
 */
function fieldOf({ realm, asked: { schemes } }: Challenge, bearerParameters: string): string {
  return [
    ...(schemes.has("basic") ? [`Basic realm="${realm}", charset="UTF-8"`] : []),
    ...(schemes.has("bearer") || schemes.has("service")
      ? [`Bearer realm="${realm}"${bearerParameters}`]
      : []),
    ...(schemes.has("key") ? [`Key realm="${realm}"`] : []),
    ...(schemes.has("certificate") ? [`ClientCertificate realm="${realm}"`] : []),
  ].join(", ");
}

function malformedCredentials(challenge: Challenge): CartwayError {
  return new CartwayError("bad_request", {
    message: "The credentials are malformed, repeated, or in a place where they are not accepted.",
    headers: { "www-authenticate": fieldOf(challenge, ', error="invalid_request"') },
  });
}

export function invalidCredential(challenge: Challenge, answer: Rejected): CartwayError {
  const { code, message } = rejectedCredential(answer);
  const ofToken = `, error="invalid_token", error_description="${message}"`;
  return new CartwayError(code, {
    message,
    headers: { "www-authenticate": fieldOf(challenge, code === "invalid_token" ? ofToken : "") },
  });
}

/** Callers who were not authenticated, and for whom no service supplied an answer. */
export type NotKnown = Exclude<Authentication, Authenticated | TurnedAway>;

/** The error for a caller who was not authenticated. */
export function refusalOf(answer: NotKnown, challenge: Challenge): CartwayError {
  switch (answer.outcome) {
    case "absent":
      return unauthenticated(challenge);
    case "rejected":
      return refusalOfCredential(challenge, answer);
    case "throttled":
      return new CartwayError("rate_limited", { retryAfterSeconds: answer.retryAfterSeconds });
    case "barred":
      return new CartwayError("forbidden", { message: `The caller is ${answer.reason}.` });
    case "unavailable":
      return new CartwayError("identity_unavailable", { retryAfterSeconds: 2 });
  }
}

/** Presented but invalid credentials, by the identity's reason. */
function refusalOfCredential(challenge: Challenge, answer: Rejected): CartwayError {
  const { reason } = answer;
  if (reason === "malformed_credentials") return malformedCredentials(challenge);
  if (reason === "foreign_page")
    return new CartwayError("forbidden", {
      message:
        "Credentials that a browser sends by itself are accepted only on requests of this origin's pages.",
    });
  return invalidCredential(challenge, answer);
}

/** A caller without the required scopes. Only one with a token gets the challenge of RFC 6750, section 3.1. */
export function insufficientScope(
  realm: string,
  { method }: Principal,
  scopes: readonly string[],
): CartwayError {
  const isByToken = byToken.has(method);
  return new CartwayError("forbidden", {
    message: `The ${isByToken ? "token" : "caller"} does not have the required scopes.`,
    details: { scopes },
    ...(isByToken && {
      headers: { "www-authenticate": `${insufficient(realm)}, scope="${scopes.join(" ")}"` },
    }),
  });
}

/** The same for other missing rights. */
export function insufficientRights(realm: string, { method }: Principal): CartwayError {
  if (!byToken.has(method)) return new CartwayError("forbidden");
  return new CartwayError("forbidden", { headers: { "www-authenticate": insufficient(realm) } });
}

const byToken: ReadonlySet<Principal["method"]> = new Set(["jwt", "introspection", "device-session"]);

/** The code covers any missing right, "higher privileges" in the RFC. */
function insufficient(realm: string): string {
  return `Bearer realm="${realm}", error="insufficient_scope"`;
}
