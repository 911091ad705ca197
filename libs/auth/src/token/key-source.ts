import type { VerificationKey } from "./verification-key.ts";

export type KeyLookup =
  | { readonly found: true; readonly keys: readonly VerificationKey[] }
  | { readonly found: false; readonly reason: "unknown_key" | "unavailable" };

/**
 * Supplies a verifier's keys. MUST answer synchronously where possible. MUST increment `generation` whenever a key is removed, or its
 * keys have become too old to trust, so that cached results are verified again. For cached tokens, `generation` may be the only member
 * that is read.
 */
export interface KeySource {
  readonly generation: number;
  find(keyId: string | null): KeyLookup | Promise<KeyLookup>;
}

/** How many unnamed keys are tried for a token without `kid`: bounds the work per token. */
const namelessKeysMax = 4;

/** Keys by `kid`. Tokens without one are tried with a few keys, because small setups have a single unnamed key. */
export class KeySet {
  readonly #all: readonly VerificationKey[];
  readonly #byId = new Map<string, VerificationKey[]>();
  readonly #nameless: readonly VerificationKey[];

  constructor(keys: readonly VerificationKey[]) {
    this.#all = keys;
    for (const key of keys) {
      if (key.keyId === null) continue;
      const same = this.#byId.get(key.keyId);
      if (same === undefined) this.#byId.set(key.keyId, [key]);
      else same.push(key);
    }
    this.#nameless = keys.slice(0, namelessKeysMax);
  }

  /** Empty for an unknown name. A token with a `kid` is never tried with keys of another name. */
  find(keyId: string | null): readonly VerificationKey[] {
    if (keyId === null) return this.#nameless;
    return this.#byId.get(keyId) ?? [];
  }

  /** True where this set has every key of `other`, under the same name. */
  includes(other: KeySet): boolean {
    return other.#all.every((key) =>
      this.#all.some((own) => own.keyId === key.keyId && own.key.equals(key.key)),
    );
  }
}

/** Configured keys. An unnamed secret serves tokens with any `kid`. */
export function staticKeys(keys: readonly VerificationKey[]): KeySource {
  const set = new KeySet(keys);
  const unnamed = keys.filter((key) => key.keyId === null).slice(0, namelessKeysMax);
  return {
    generation: 0,
    find(keyId) {
      const named = set.find(keyId);
      const candidates = named.length > 0 ? named : unnamed;
      return candidates.length > 0
        ? { found: true, keys: candidates }
        : { found: false, reason: "unknown_key" };
    },
  };
}
