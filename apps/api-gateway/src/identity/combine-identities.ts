import type { Authenticated, Authentication } from "../model/authentication.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Identity, Unasked } from "./identity.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";

/** Asks several identities, in their order, who is calling. */
export type Authenticator = (credentials: PresentedCredentials) => MaybePromise<Authentication>;

/** The reason of every identity for what it cannot read. */
const malformedCredentials = "malformed_credentials";

/**
 * The first identity that knows the caller decides, also that it is barred. Where none does: 503 if one could not find out
 * (it might have known), else refused if anything was presented or a service turned the caller away, else absent.
 */
export function combineIdentities(identities: readonly Identity[]): Authenticator {
  return (credentials) =>
    recallFrom(identities, credentials) ?? askFrom(identities, 0, credentials, { outcome: "absent" });
}

/** Tells who would be found to be calling, as far as that can be known without asking a service about the request. */
export type Foresight = (credentials: PresentedCredentials) => Promise<Authentication | Unasked>;

/** As `combineIdentities` decides, up to the first question: what it would be answered decides the rest. */
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

/** What is no credential for one identity may be one for another, whose word on it then counts. */
function gravityOf(answer: Authentication): number {
  return answer.outcome === "rejected" && answer.reason === malformedCredentials
    ? 1
    : gravity[answer.outcome];
}

function graver(first: Authentication, second: Authentication): Authentication {
  return gravityOf(second) > gravityOf(first) ? second : first;
}
