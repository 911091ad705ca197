import type { Authentication, Rejected, TurnedAway } from "../../model/identity/authentication.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { type Challenge, invalidCredential, unauthenticated } from "../../policies/authenticate/challenge.ts";
import { type Attempt, RefusedAttempt } from "../refused-attempt.ts";

const noChallenge: Challenge = { realm: "", asked: { schemes: new Set(), words: [] } };

/**
 * The caller; `null` if no credential was presented. @param challenge what a refused caller is asked for; `null` where the answer is a frame
 * @throws CartwayError `invalid_token` or `invalid_credentials` for an invalid credential, `forbidden` for a valid one that is not
 * admitted, `identity_unavailable`
 */
export function callerOf(answer: Authentication, challenge: Challenge | null): Principal | null {
  switch (answer.outcome) {
    case "authenticated":
      return answer.principal;
    case "absent":
      return null;
    case "unavailable": {
      const { identity } = answer;
      const attempt = { kind: "identity_unavailable", reason: "unavailable", details: { identity } } as const;
      throw new RefusedAttempt("identity_unavailable", attempt, { retryAfterSeconds: 1 });
    }
    case "turned_away":
      return turnAway(answer);
    case "throttled": {
      const { retryAfterSeconds, identity } = answer;
      const attempt = { kind: "login_throttled", reason: "rate_limited", details: { identity } } as const;
      throw new RefusedAttempt("rate_limited", attempt, { retryAfterSeconds });
    }
    case "rejected":
      throw rejection(answer, challenge);
    case "barred":
      throw new RefusedAttempt("forbidden", rejectionOf(answer), {
        message: `The caller is ${answer.reason}.`,
      });
  }
}

/** A WebSocket cannot be redirected to a sign-in page: the client gets `unauthenticated` instead. */
function turnAway({ identity, notice }: TurnedAway): null {
  const { status, hadCredentials } = notice;
  const details = { identity };
  if (status === 403)
    throw new RefusedAttempt("forbidden", { kind: "access_denied", reason: "turned_away", details });
  if (!hadCredentials) return null;
  const attempt = { kind: "credentials_rejected", reason: "turned_away", details } as const;
  throw new RefusedAttempt("invalid_token", attempt);
}

/** @throws CartwayError also `unauthenticated` */
export function requireCaller(answer: Authentication, challenge: Challenge | null): Principal {
  const caller = callerOf(answer, challenge);
  if (caller === null) throw unauthenticated(challenge ?? noChallenge);
  return caller;
}

/**
 * Refuses expired credentials. Identities accept tokens for a while after their expiry because clocks differ, but a connection ends with
 * its credential: such a token would open one that is closed at once. @throws CartwayError `invalid_token`
 */
export function requireUnexpired(
  { expiresAt, identity }: Principal,
  now: number,
  challenge: Challenge | null,
): void {
  if (expiresAt > now) return;
  throw rejection({ outcome: "rejected", identity, reason: "expired" }, challenge);
}

function rejection(answer: Rejected, challenge: Challenge | null): RefusedAttempt {
  const { code, message, headers } = invalidCredential(challenge ?? noChallenge, answer);
  return new RefusedAttempt(code, rejectionOf(answer), {
    message,
    ...(headers === undefined ? {} : { headers }),
  });
}

function rejectionOf({ identity, reason }: { readonly identity: string; readonly reason: string }): Attempt {
  return { kind: "credentials_rejected", reason, details: { identity } };
}
