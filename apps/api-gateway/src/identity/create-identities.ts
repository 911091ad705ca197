import type { Authentication } from "../model/authentication.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { CredentialPlaces, Identity } from "./identity.ts";
import type { IdentityEntry, IdentityPool } from "./identity-pool.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";

/** Asks several identities, in their order, who is calling. */
export type Authenticator = (credentials: PresentedCredentials) => MaybePromise<Authentication>;

/** The identities of a snapshot. Used alike by routes and by the hub. */
export interface Identities {
  /** An authenticator over some of them. Throws where a name is unknown: the config's check finds that first. */
  select(names: readonly string[]): Authenticator;
  /** Where credentials of these stand besides `Authorization`. */
  places(names: readonly string[]): CredentialPlaces;
  dispose(): void;
}

/** Throws, leaving nothing behind, where one of them cannot be made. */
export function createIdentities(entries: readonly IdentityEntry[], pool: IdentityPool): Identities {
  const identities = new Map<string, Identity>();
  const releases: (() => void)[] = [];
  const dispose = (): void => {
    for (const release of releases.splice(0)) release();
  };
  try {
    for (const entry of entries) {
      const { identity, release } = pool.acquire(entry);
      identities.set(entry.name, identity);
      releases.push(release);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    select(names) {
      return combine(
        names.map((name) => {
          const identity = identities.get(name);
          if (identity === undefined) throw new TypeError(`there is no identity ${name}`);
          return identity;
        }),
      );
    },
    places(names) {
      const all = names.map((name) => identities.get(name)?.places).filter((place) => place !== undefined);
      return {
        headers: all.flatMap((place) => place.headers),
        parameters: all.flatMap((place) => place.parameters),
      };
    },
    dispose,
  };
}

/**
 * The first identity that knows the caller decides, also that it is barred. Where none does: 503 if one could not find out
 * (it might have known), else refused if anything was presented, else absent.
 */
function combine(identities: readonly Identity[]): Authenticator {
  return (credentials) => {
    for (const identity of identities) {
      const recalled = identity.recall(credentials);
      if (recalled !== null) return recalled;
    }
    return askFrom(identities, 0, credentials, { outcome: "absent" });
  };
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

const gravity = { authenticated: 0, absent: 0, rejected: 1, unavailable: 2, barred: 3 } as const;

function graver(first: Authentication, second: Authentication): Authentication {
  return gravity[second.outcome] > gravity[first.outcome] ? second : first;
}
