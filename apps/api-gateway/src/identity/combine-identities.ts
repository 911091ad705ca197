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
  const steps = compileSteps<Authentication>(
    identities,
    (identity) => (credentials) => identity.authenticate(credentials),
  );
  return (credentials) => askFrom(steps, 0, credentials, { outcome: "absent" });
}

/** For `explain`: the outcome, as far as it can be known without sending the request to a service. */
export type Foresight = (credentials: PresentedCredentials) => Promise<Authentication | Unasked>;

/** Decides as `combineIdentities`, up to the first identity that would have to ask a service, whose answer would decide the rest. */
export function combineForesight(identities: readonly Identity[]): Foresight {
  const steps = compileSteps<Authentication | Unasked>(
    identities,
    (identity) => (credentials) => identity.foresee?.(credentials) ?? identity.authenticate(credentials),
  );
  return async (credentials) => {
    let worst: Authentication = { outcome: "absent" };
    for (const step of steps) {
      const answer = await step(credentials, worst);
      if (answer === null) continue;
      if (answer.outcome === "unasked" || isKnown(answer)) return answer;
      worst = graver(worst, answer);
    }
    return worst;
  };
}

/** `null` where it has nothing to say. @param soFar the gravest of the answers before, none of which knew the caller */
type Step<Answer> = (credentials: PresentedCredentials, soFar: Authentication) => MaybePromise<Answer> | null;

/**
 * Of identities in a row that read the same credential, one that has it in its cache decides before any verifies it. Those that read
 * another credential wait for their turn: which of a request's credentials counts must not depend on what is cached.
 */
function compileSteps<Answer>(
  identities: readonly Identity[],
  ask: (identity: Identity) => Step<Answer | Authentication>,
): readonly Step<Answer | Authentication>[] {
  return rowsOf(identities).flatMap((row) =>
    row[0]?.scheme === "certificate"
      ? [byCertificate(row)]
      : [(credentials: PresentedCredentials) => recallFrom(row, credentials), ...row.map(ask)],
  );
}

/**
 * A certificate is of the connection: what arrives there may be another's request, with a token of its own. If that is wrong, or cannot be
 * verified, the request must not get the rights of the machine that passed it on.
 */
function byCertificate(row: readonly Identity[]): Step<Authentication> {
  const steps: readonly Step<Authentication>[] = [
    (credentials) => recallFrom(row, credentials),
    ...row.map(
      (identity): Step<Authentication> =>
        (credentials) =>
          identity.authenticate(credentials),
    ),
  ];
  return (credentials, soFar) =>
    presentedNothing(soFar) ? askFrom(steps, 0, credentials, { outcome: "absent" }) : null;
}

function presentedNothing(answer: Authentication): boolean {
  return answer.outcome === "turned_away" ? !answer.notice.hadCredentials : answer.outcome === "absent";
}

/** Neighbours of the same scheme together. */
function rowsOf(identities: readonly Identity[]): readonly (readonly Identity[])[] {
  const rows: Identity[][] = [];
  for (const identity of identities) {
    const row = rows.at(-1);
    if (row?.[0]?.scheme === identity.scheme) row.push(identity);
    else rows.push([identity]);
  }
  return rows;
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
  steps: readonly Step<Authentication>[],
  start: number,
  credentials: PresentedCredentials,
  worstSoFar: Authentication,
): MaybePromise<Authentication> {
  let worst = worstSoFar;
  for (let index = start; index < steps.length; index += 1) {
    const answer = steps[index]?.(credentials, worst) ?? null;
    if (answer === null) continue;
    if (answer instanceof Promise) {
      return answer.then((late) =>
        isKnown(late) ? late : askFrom(steps, index + 1, credentials, graver(worst, late)),
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
