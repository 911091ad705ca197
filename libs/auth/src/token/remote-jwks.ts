import type { JwsAlgorithmName } from "./jws-algorithms.ts";
import { ageOf } from "./age-of.ts";
import { type KeyLookup, KeySet, type KeySource } from "./key-source.ts";
import { fetchJwks } from "./fetch-jwks.ts";
import type { FetchJson } from "./fetch-json.ts";

export interface RemoteJwksOptions {
  /** Called before each fetch, so that discovery can supply the URL. */
  readonly url: () => string | Promise<string>;
  readonly algorithms: readonly JwsAlgorithmName[];
  readonly fetchJson: FetchJson;
  readonly now: () => number;
  /** The age at which the set is refreshed in the background. */
  readonly refreshMs: number;
  /** The age up to which the last good set is used while fetching fails. */
  readonly staleIfErrorMs: number;
  /** Unknown `kid`s may trigger one fetch per cooldown, and a few at once after a quiet period. */
  readonly cooldownMs: number;
  readonly onFetch?: (outcome: JwksFetch) => void;
}

export type JwksFetch =
  | { readonly outcome: "fetched"; readonly keys: number; readonly skipped: number }
  | { readonly outcome: "failed"; readonly error: Error };

/**
 * How many fetches unknown `kid`s may trigger at once, then one per cooldown. Leaves room for a rotation while strangers send invented
 * ones.
 */
const unknownKeyBurst = 4;

/**
 * A JSON Web Key Set behind a URL: a single fetch at a time, refreshed in the background before it expires, fetched at once for an
 * unknown `kid` (within limits), used for a stated time through an outage, then refused.
 */
export class RemoteJwks implements KeySource {
  readonly #options: RemoteJwksOptions;
  #set = new KeySet([]);
  #generation = 0;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  /** The last good set is too old to be trusted. */
  #isOver = false;
  #pending: Promise<boolean> | null = null;
  #unknownAllowedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteJwksOptions) {
    this.#options = options;
  }

  /** Also triggers a refresh, as `find` does: with only cached tokens, the removal of a key would go unnoticed otherwise. */
  get generation(): number {
    const age = ageOf(this.#fetchedAt, this.#options.now());
    // a set that was never fetched has verified no token
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

  /** Fetches now, or joins the fetch in progress. @returns whether the set is fresh */
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

  /** A failing server is asked at most once a second, whatever requests need. */
  #mayTry(): boolean {
    return this.#pending !== null || !this.#failing || ageOf(this.#attemptedAt, this.#options.now()) >= 1000;
  }

  /** GCRA over the cooldown: `unknownKeyBurst` at once, then one per cooldown. */
  #takeUnknownAllowance(): boolean {
    const { now, cooldownMs } = this.#options;
    const most = now() + unknownKeyBurst * cooldownMs;
    // it can only be further ahead where the clock was set back
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
