import type { ChangeFeed } from "../changes/change-feed.ts";
import type { Sql } from "@libs/database";
import { ageOf } from "../token/age-of.ts";
import { RecentMap } from "../token/recent-map.ts";
import { digestOf } from "../token/token-digest.ts";
import { type ApiKey, isApiKeyShaped } from "./api-key.ts";
import { findApiKeyByHash, touchApiKeys } from "./api-key-store.ts";

export type ApiKeyVerdict =
  | { readonly verdict: "valid"; readonly apiKey: ApiKey }
  | { readonly verdict: "invalid"; readonly fault: "malformed" | "unknown" | "revoked" | "expired" }
  | { readonly verdict: "unavailable" };

export interface ApiKeyVerifierOptions {
  readonly sql: Sql;
  readonly feed: ChangeFeed;
  readonly now: () => number;
  /** Bound on cached keys; known and unknown ones are counted separately. */
  readonly cacheMax: number;
  /** How long cached keys stay valid while the store is unavailable; others are refused meanwhile. */
  readonly staleIfErrorMs: number;
  /** How long an unknown key is cached as such. */
  readonly unknownMs: number;
  /** Bound on concurrent look-ups, beyond which callers are told to retry: invented keys must not overload the store. */
  readonly lookupsMax: number;
  readonly onError: (error: unknown) => void;
}

/** After a read this recent, the feed is known to contain every revocation. */
const freshMs = 2000;
const touchedMax = 10_000;

/**
 * Verifies API keys, from a cache where possible. Any change of a key, which is rare, clears the whole cache: so a revoked key cannot
 * survive in it by mistake.
 */
export class ApiKeyVerifier {
  readonly #options: ApiKeyVerifierOptions;
  readonly #known: RecentMap<ApiKey>;
  readonly #unknown: RecentMap<number>;
  readonly #pending = new Map<string, Promise<ApiKeyVerdict>>();
  #touched = new Map<string, number>();
  /** Counts changes: a look-up that began before one must not be cached after it. */
  #changes = 0;

  constructor(options: ApiKeyVerifierOptions) {
    this.#options = options;
    this.#known = new RecentMap(options.cacheMax);
    this.#unknown = new RecentMap(options.cacheMax);
    options.feed.on("api-key", () => this.#forgetAll());
    options.feed.onGap(() => this.#forgetAll());
  }

  verify(key: string): ApiKeyVerdict | Promise<ApiKeyVerdict> {
    if (!isApiKeyShaped(key)) return { verdict: "invalid", fault: "malformed" };
    const digest = digestOf(key);
    const known = this.#known.get(digest);
    if (known !== undefined && this.#isCurrent()) return this.#judge(known);
    const unknownAt = this.#unknown.get(digest);
    if (unknownAt !== undefined && ageOf(unknownAt, this.#options.now()) < this.#options.unknownMs) {
      return { verdict: "invalid", fault: "unknown" };
    }
    return this.#lookUpOnce(digest, known);
  }

  /** Writes when keys were last used. Entries that fail are kept for the next flush. */
  async flush(): Promise<void> {
    if (this.#touched.size === 0) return;
    const touched = this.#touched;
    this.#touched = new Map();
    try {
      await touchApiKeys(this.#options.sql, touched);
    } catch (thrown) {
      this.#touched = new Map([...touched, ...this.#touched]);
      throw thrown;
    }
  }

  #forgetAll(): void {
    this.#changes += 1;
    this.#known.clear();
  }

  #isCurrent(): boolean {
    return ageOf(this.#options.feed.syncedAt, this.#options.now()) <= freshMs;
  }

  #isTolerable(): boolean {
    return ageOf(this.#options.feed.syncedAt, this.#options.now()) <= this.#options.staleIfErrorMs;
  }

  #lookUpOnce(digest: string, known: ApiKey | undefined): ApiKeyVerdict | Promise<ApiKeyVerdict> {
    const pending = this.#pending.get(digest);
    if (pending !== undefined) return pending;
    if (this.#pending.size >= this.#options.lookupsMax) return { verdict: "unavailable" };
    const lookup = this.#lookUp(digest, known).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, lookup);
    return lookup;
  }

  async #lookUp(digest: string, known: ApiKey | undefined): Promise<ApiKeyVerdict> {
    const changes = this.#changes;
    try {
      const found = await findApiKeyByHash(this.#options.sql, digest);
      if (found === null) {
        this.#known.delete(digest);
        this.#unknown.set(digest, this.#options.now());
        return { verdict: "invalid", fault: "unknown" };
      }
      if (changes === this.#changes) this.#known.set(digest, found);
      return this.#judge(found);
    } catch (error) {
      this.#options.onError(error);
      return known !== undefined && this.#isTolerable() ? this.#judge(known) : { verdict: "unavailable" };
    }
  }

  #judge(apiKey: ApiKey): ApiKeyVerdict {
    const now = this.#options.now();
    if (apiKey.revokedAt !== null) return { verdict: "invalid", fault: "revoked" };
    if (apiKey.expiresAt !== null && apiKey.expiresAt <= now) return { verdict: "invalid", fault: "expired" };
    if (this.#touched.size < touchedMax || this.#touched.has(apiKey.id)) this.#touched.set(apiKey.id, now);
    return { verdict: "valid", apiKey };
  }
}
