import type { Authentication } from "../model/authentication.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Identity, IdentityDeps } from "./identity.ts";
import type { PresentedCredentials } from "./presented-credentials.ts";
import { type IdentityConfig, identityTypes } from "./registry.ts";

export type IdentityConfigs = Readonly<Record<string, IdentityConfig>>;

/** Asks several identities, in their order, who is calling. */
export type Authenticator = (credentials: PresentedCredentials) => MaybePromise<Authentication>;

/** The identities of a snapshot. Used alike by routes and by the hub. */
export interface Identities {
  readonly names: readonly string[];
  /** An authenticator over some of them. Throws where a name is unknown: the config's check finds that first. */
  select(names: readonly string[]): Authenticator;
  dispose(): void;
}

/** What the schemas cannot say, with paths relative to the `identity` section. */
export function checkIdentities(configs: IdentityConfigs): readonly ConfigIssue[] {
  return Object.entries(configs).flatMap(([name, config]) =>
    identityTypes[config.type].check(config).map((issue) => ({ ...issue, path: `/${name}${issue.path}` })),
  );
}

export function createIdentities(configs: IdentityConfigs, deps: IdentityDeps): Identities {
  const identities = new Map(
    Object.entries(configs).map(([name, config]) => [
      name,
      identityTypes[config.type].create(name, config, deps),
    ]),
  );
  return {
    names: [...identities.keys()],
    select(names) {
      return combine(
        names.map((name) => {
          const identity = identities.get(name);
          if (identity === undefined) throw new TypeError(`there is no identity ${name}`);
          return identity;
        }),
      );
    },
    dispose() {
      for (const identity of identities.values()) identity.dispose?.();
    },
  };
}

/**
 * The first identity that knows the caller decides. Where none does: 503 if one could not find out (it might have known),
 * else refused if anything was presented, else absent.
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
        late.outcome === "authenticated"
          ? late
          : askFrom(identities, index + 1, credentials, graver(worst, late)),
      );
    }
    if (answer.outcome === "authenticated") return answer;
    worst = graver(worst, answer);
  }
  return worst;
}

const gravity = { authenticated: 0, absent: 0, rejected: 1, unavailable: 2 } as const;

function graver(first: Authentication, second: Authentication): Authentication {
  return gravity[second.outcome] > gravity[first.outcome] ? second : first;
}
