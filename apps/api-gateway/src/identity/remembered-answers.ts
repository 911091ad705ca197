import { ageOf, RecentMap } from "@libs/auth";
import type { Authenticated } from "../model/identity/authentication.ts";

interface Remembered {
  readonly authenticated: Authenticated;
  readonly askedAt: number;
}

/** Where the answer came from: `stale` is a cached one that is used because the server could not be asked. */
export type AnsweredFrom = "asked" | "memory" | "stale";

export interface RememberedAnswersOptions {
  /** How long an answer is cached, in milliseconds. */
  readonly cacheMs: number;
  /** How long the last good answer is used while the server cannot be asked, in milliseconds. */
  readonly staleIfErrorMs: number;
  readonly cacheMax: number;
  readonly now: () => number;
  /** Called for each caller that was known or asked about. */
  readonly onAnswer: (from: AnsweredFrom) => void;
}

/**
 * Caches admitting answers by the digest of the question, until the caller's own expiry. Answers that set a cookie are not cached, because
 * they are for one caller only.
 */
export class RememberedAnswers {
  readonly #options: RememberedAnswersOptions;
  readonly #known: RecentMap<Remembered> | null;

  constructor(options: RememberedAnswersOptions) {
    this.#options = options;
    this.#known =
      options.cacheMs === 0 && options.staleIfErrorMs === 0 ? null : new RecentMap(options.cacheMax);
  }

  get isKept(): boolean {
    return this.#known !== null;
  }

  find(digest: string): Authenticated | null {
    return this.#report("memory", this.#findYounger(digest, this.#options.cacheMs));
  }

  /** The cached answer to use while the server is unavailable. */
  findStale(digest: string): Authenticated | null {
    return this.#report("stale", this.#findYounger(digest, this.#options.staleIfErrorMs));
  }

  keep(digest: string, authenticated: Authenticated, askedAt: number): void {
    if (authenticated.setCookies === undefined) this.#known?.set(digest, { authenticated, askedAt });
    else this.forget(digest);
  }

  forget(digest: string): void {
    this.#known?.delete(digest);
  }

  clear(): void {
    this.#known?.clear();
  }

  #report(from: AnsweredFrom, found: Authenticated | null): Authenticated | null {
    if (found !== null) this.#options.onAnswer(from);
    return found;
  }

  #findYounger(digest: string, ageMs: number): Authenticated | null {
    const entry = this.#known?.get(digest);
    if (entry === undefined) return null;
    const { authenticated, askedAt } = entry;
    const now = this.#options.now();
    return ageOf(askedAt, now) < ageMs && authenticated.principal.expiresAt > now ? authenticated : null;
  }
}
