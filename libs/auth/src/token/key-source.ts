import type { VerificationKey } from "./verification-key.ts";

export type KeyLookup =
  | { readonly found: true; readonly keys: readonly VerificationKey[] }
  | { readonly found: false; readonly reason: "unknown_key" | "unavailable" };

/**
 * Where a verifier gets keys. MUST answer synchronously where it can. MUST raise `generation` whenever a key is taken away,
 * so that what was verified with it is verified again, and whenever its keys are too old to be believed. It is asked for with every
 * token that is remembered, and that may be all that it is asked.
 */
export interface KeySource {
  readonly generation: number;
  find(keyId: string | null): KeyLookup | Promise<KeyLookup>;
}

/** How many keys without a name are tried for a token without a name: the bound on work a token can ask for. */
const namelessKeysMax = 4;

/** Keys by name. A token without `kid` is tried with a few keys, because small setups have one key and no names. */
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

  /** Empty where the name is unknown. A token that names a key is never tried with one of another name. */
  find(keyId: string | null): readonly VerificationKey[] {
    if (keyId === null) return this.#nameless;
    return this.#byId.get(keyId) ?? [];
  }

  /** True where every key of `other` is here too, under the same name. */
  includes(other: KeySet): boolean {
    return other.#all.every((key) =>
      this.#all.some((own) => own.keyId === key.keyId && own.key.equals(key.key)),
    );
  }
}

/** Keys from the config: they change only with it. A secret without a name serves tokens of any name. */
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
