import type { Authenticated, Authentication } from "../model/identity/authentication.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Identity, Unasked } from "./identity.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";

/** Authenticates by several identities, tried in order. */
export type Authenticator = (credentials: PresentedCredentials) => MaybePromise<Authentication>;

/** The reason that every identity gives for credentials it cannot parse. */
const malformedCredentials = "malformed_credentials";

/**
 * The first identity that knows the caller decides, also if it refuses them. If none does: `unavailable` if one could not decide (it might
 * have known the caller), otherwise refused if credentials were presented or a service refused the caller, otherwise absent.
 */
export function combineIdentities(identities: readonly Identity[]): Authenticator {
  return (credentials) =>
    recallFrom(identities, credentials) ?? askFrom(identities, 0, credentials, { outcome: "absent" });
}

/** For `explain`: the outcome, as far as it can be known without sending the request to a service. */
export type Foresight = (credentials: PresentedCredentials) => Promise<Authentication | Unasked>;

/** Decides as `combineIdentities`, up to the first identity that would have to ask a service, whose answer would decide the rest. */
export function combineForesight(identities: readonly Identity[]): Foresight {
  return async (credentials) => {
    const recalled = recallFrom(identities, credentials);
    if (recalled !== null) return recalled;
    let worst: Authentication = { outcome: "absent" };
    for (const identity of identities) {
      const answer = await (identity.foresee?.(credentials) ?? identity.authenticate(credentials));
      if (answer.outcome === "unasked" || isKnown(answer)) return answer;
      worst = graver(worst, answer);
    }
    return worst;
  };
}

function recallFrom(
  identities: readonly Identity[],
  credentials: PresentedCredentials,
): Authenticated | null {
  for (const identity of identities) {
    const recalled = identity.recall(credentials);
    if (recalled !== null) return recalled;
  }
  return null;
}

function askFrom(
  identities: readonly Identity[],
  start: number,
  credentials: PresentedCredentials,
  worstSoFar: Authentication,
): MaybePromise<Authentication> {
  let worst = worstSoFar;
  for (let index = start; index < identities.length; index += 1) {
    const answer = identities[index]?.authenticate(credentials);
    if (answer === undefined) continue;
    if (answer instanceof Promise) {
      return answer.then((late) =>
        isKnown(late) ? late : askFrom(identities, index + 1, credentials, graver(worst, late)),
      );
    }
    if (isKnown(answer)) return answer;
    worst = graver(worst, answer);
  }
  return worst;
}

function isKnown({ outcome }: Authentication): boolean {
  return outcome === "authenticated" || outcome === "barred";
}

const gravity = {
  authenticated: 0,
  absent: 0,
  rejected: 2,
  turned_away: 3,
  throttled: 4,
  unavailable: 5,
  barred: 6,
} as const;

/** Credentials that one identity cannot parse may be another's, whose outcome then counts. */
function gravityOf(answer: Authentication): number {
  return answer.outcome === "rejected" && answer.reason === malformedCredentials
    ? 1
    : gravity[answer.outcome];
}

function graver(first: Authentication, second: Authentication): Authentication {
  return gravityOf(second) > gravityOf(first) ? second : first;
}
