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
  /** Keys remembered, known and unknown ones apart. */
  readonly cacheMax: number;
  /** While the store is away, keys known before stay good for this long; new ones are refused. */
  readonly staleIfErrorMs: number;
  /** An unknown key is looked for again after this time. */
  readonly unknownMs: number;
  /** Look-ups at once; beyond it callers are told to come again, so that a flood of made-up keys does not drown the store. */
  readonly lookupsMax: number;
  readonly onError: (error: unknown) => void;
}

/** A feed that was read this lately knows of every revocation. */
const freshMs = 2000;
const touchedMax = 10_000;

/**
 * Tells good keys from others: at once for those seen before. A change of any key, rare as it is, forgets all of them, so that
 * no bookkeeping can miss the one that was revoked.
 */
export class ApiKeyVerifier {
  readonly #options: ApiKeyVerifierOptions;
  readonly #known: RecentMap<ApiKey>;
  readonly #unknown: RecentMap<number>;
  readonly #pending = new Map<string, Promise<ApiKeyVerdict>>();
  #touched = new Map<string, number>();
  /** Raised with every change, so that a look-up that began before one is not remembered after it. */
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

  /** Writes down when keys were last used. What cannot be written is written with the next ones. */
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
