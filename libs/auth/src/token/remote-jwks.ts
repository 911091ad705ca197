import type { JwsAlgorithmName } from "./jws-algorithms.ts";
import { ageOf } from "./age-of.ts";
import { type KeyLookup, KeySet, type KeySource } from "./key-source.ts";
import { fetchJwks } from "./fetch-jwks.ts";
import type { FetchJson } from "./fetch-json.ts";

export interface RemoteJwksOptions {
  /** Asked before each fetch, so that discovery may tell where the keys are. */
  readonly url: () => string | Promise<string>;
  readonly algorithms: readonly JwsAlgorithmName[];
  readonly fetchJson: FetchJson;
  readonly now: () => number;
  /** Age at which the set is fetched again behind the requests' back. */
  readonly refreshMs: number;
  /** Age up to which the last good set serves while its server fails. */
  readonly staleIfErrorMs: number;
  /** An unknown `kid` may cause one fetch in this time, and a few at once after a quiet while. */
  readonly cooldownMs: number;
  readonly onFetch?: (outcome: JwksFetch) => void;
}

export type JwksFetch =
  | { readonly outcome: "fetched"; readonly keys: number; readonly skipped: number }
  | { readonly outcome: "failed"; readonly error: Error };

/** Fetches that unknown key names may cause at once; then one per cooldown. Lets a rotation through while strangers knock. */
const unknownKeyBurst = 4;

/**
 * A JSON Web Key Set behind a URL: one fetch at a time, refreshed in the background before it is needed, fetched at once
 * for a `kid` it does not know (within limits), kept through an outage for a stated time, then refused.
 */
export class RemoteJwks implements KeySource {
  readonly #options: RemoteJwksOptions;
  #set = new KeySet([]);
  #generation = 0;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  /** The last good set is too old to be believed any more. */
  #isOver = false;
  #pending: Promise<boolean> | null = null;
  #unknownAllowedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteJwksOptions) {
    this.#options = options;
  }

  /** Looks after the set, as `find` does: where nobody comes whose token is new, nobody else would see that a key was taken away. */
  get generation(): number {
    const age = ageOf(this.#fetchedAt, this.#options.now());
    // one that was never fetched has vouched for nobody
    if (age > this.#options.refreshMs && Number.isFinite(this.#fetchedAt)) this.#lookAfter(age);
    return this.#generation;
  }

  find(keyId: string | null): KeyLookup | Promise<KeyLookup> {
    const { now, refreshMs } = this.#options;
    const age = ageOf(this.#fetchedAt, now());
    if (this.#isTooOld(age)) return this.#findAfterFetch(keyId);
    const keys = this.#set.find(keyId);
    if (keys.length === 0) return this.#findUnknown(keyId);
    if (age > refreshMs) this.#refreshBehind();
    return { found: true, keys };
  }

  /** Fetches now unless a fetch is under way, and tells whether there is a fresh set. */
  async refresh(): Promise<boolean> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  #findUnknown(keyId: string | null): KeyLookup | Promise<KeyLookup> {
    if (this.#pending !== null || this.#takeUnknownAllowance()) return this.#findAfterFetch(keyId);
    return { found: false, reason: this.#failing ? "unavailable" : "unknown_key" };
  }

  async #findAfterFetch(keyId: string | null): Promise<KeyLookup> {
    const fresh = this.#mayTry() ? await this.refresh() : false;
    if (!fresh && this.#isTooOld(ageOf(this.#fetchedAt, this.#options.now()))) {
      return { found: false, reason: "unavailable" };
    }
    const keys = this.#set.find(keyId);
    if (keys.length > 0) return { found: true, keys };
    return { found: false, reason: fresh ? "unknown_key" : "unavailable" };
  }

  #lookAfter(age: number): void {
    this.#refreshBehind();
    if (this.#isOver || !this.#isTooOld(age)) return;
    this.#isOver = true;
    this.#generation += 1;
  }

  #isTooOld(age: number): boolean {
    const { refreshMs, staleIfErrorMs } = this.#options;
    return age > Math.max(refreshMs, staleIfErrorMs);
  }

  #refreshBehind(): void {
    if (this.#pending !== null || !this.#mayTry()) return;
    void this.refresh();
  }

  /** A server that fails is asked once a second, whatever the requests want. */
  #mayTry(): boolean {
    return this.#pending !== null || !this.#failing || ageOf(this.#attemptedAt, this.#options.now()) >= 1000;
  }

  /** GCRA over the cooldown: `unknownKeyBurst` at once, then one per cooldown. */
  #takeUnknownAllowance(): boolean {
    const { now, cooldownMs } = this.#options;
    const most = now() + unknownKeyBurst * cooldownMs;
    // further ahead only where the clock was set back
    this.#unknownAllowedAt = Math.min(Math.max(this.#unknownAllowedAt, now()), most);
    if (this.#unknownAllowedAt > most - cooldownMs) return false;
    this.#unknownAllowedAt += cooldownMs;
    return true;
  }

  async #fetch(): Promise<boolean> {
    const { url, algorithms, fetchJson, now, onFetch } = this.#options;
    this.#attemptedAt = now();
    const result = await fetchJwks(url, algorithms, fetchJson);
    if (!result.ok) {
      this.#failing = true;
      onFetch?.({ outcome: "failed", error: result.error });
      return false;
    }
    const next = new KeySet(result.keys);
    if (!next.includes(this.#set)) this.#generation += 1;
    this.#set = next;
    this.#failing = false;
    this.#isOver = false;
    this.#fetchedAt = now();
    onFetch?.({ outcome: "fetched", keys: result.keys.length, skipped: result.skipped });
    return true;
  }
}
