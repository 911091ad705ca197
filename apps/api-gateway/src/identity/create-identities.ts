import { messageOf } from "@libs/errors";
import type { AskedCredentials } from "../model/identity/authentication.ts";
import { serviceNameOf } from "../model/http/service-name-of.ts";
import {
  type Authenticator,
  combineForesight,
  combineIdentities,
  type Foresight,
} from "./combine-identities.ts";
import type { CredentialPlaces, Identity } from "./identity.ts";
import type { IdentityEntry, IdentityPool } from "./identity-pool.ts";

export type { Authenticator } from "./combine-identities.ts";

/** The identities of a snapshot, used by routes and by the hub. */
export interface Identities {
  /** An authenticator over some of them. Throws for an unknown name, which the config check refuses first. */
  select(names: readonly string[]): Authenticator;
  /** The same for `explain`, which sends nothing. */
  foresee(names: readonly string[]): Foresight;
  /** Where these identities read credentials besides `Authorization`. */
  places(names: readonly string[]): CredentialPlaces;
  /** What these identities ask callers for. */
  asked(names: readonly string[]): AskedCredentials;
  /** Whether one of these may set cookies for callers. */
  giveCookies(names: readonly string[]): boolean;
  /** Header names reserved by all identities together, as services spell them. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, Identity>;
  /** The settings of all, and a digest of their secrets. */
  readonly keys: readonly string[];
  /** Names of those of an earlier snapshot that have other settings or secrets here, or are gone. */
  changedSince(before: Identities): readonly string[];
  dispose(): void;
}

/** @throws Error with the reasons of all identities that cannot be created; the others are released */
export function createIdentities(entries: readonly IdentityEntry[], pool: IdentityPool): Identities {
  const identities = new Map<string, Identity>();
  const keys: string[] = [];
  const releases: (() => void)[] = [];
  const dispose = (): void => {
    for (const release of releases.splice(0)) release();
  };
  const failures: Error[] = [];
  for (const entry of entries) {
    try {
      const { identity, key, release } = pool.acquire(entry);
      keys.push(key);
      identities.set(entry.name, identity);
      releases.push(release);
    } catch (cause) {
      const reason = messageOf(cause);
      failures.push(new Error(`identity ${entry.name}: ${reason}`, { cause }));
    }
  }
  if (failures.length > 0) {
    dispose();
    const [first] = failures;
    throw failures.length === 1 ? first : new Error(failures.map(({ message }) => message).join("; "));
  }
  const named = (names: readonly string[]): readonly Identity[] =>
    names.map((name) => {
      const identity = identities.get(name);
      if (identity === undefined) throw new TypeError(`there is no identity ${name}`);
      return identity;
    });
  return {
    select: (names) => combineIdentities(named(names)),
    foresee: (names) => combineForesight(named(names)),
    asked: (names) => ({
      schemes: new Set(named(names).map(({ scheme }) => scheme)),
      words: [...new Set(named(names).flatMap(({ asksFor = [] }) => asksFor))],
    }),
    giveCookies: (names) => named(names).some(({ givesCookies = false }) => givesCookies),
    ownHeaders: new Set(
      [...identities.values()].flatMap(({ ownHeaders = [] }) => ownHeaders.map(serviceNameOf)),
    ),
    places(names) {
      const all = named(names).flatMap(({ places = [] }) => places);
      return {
        headers: all.flatMap((place) => place.headers),
        parameters: all.flatMap((place) => place.parameters),
      };
    },
    byName: identities,
    keys,
    changedSince: (before) =>
      [...before.byName]
        .filter(([name, identity]) => identities.get(name) !== identity)
        .map(([name]) => name),
    dispose,
  };
}
