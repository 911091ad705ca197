import { ageOf, RecentMap } from "@libs/auth";
import type { Authenticated } from "../model/authentication.ts";

interface Remembered {
  readonly authenticated: Authenticated;
  readonly askedAt: number;
}

export interface RememberedAnswersOptions {
  /** Longest time for which an answer holds without asking again. */
  readonly cacheMs: number;
  /** While asking fails, callers known before stay known for this time after the last good answer. */
  readonly staleIfErrorMs: number;
  readonly cacheMax: number;
  readonly now: () => number;
}

/**
 * Answers that let in, by the digest of what was asked, until their caller's own time is over. One that gives the caller a cookie is
 * not kept: it is for that caller alone.
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
    return this.#findYounger(digest, this.#options.cacheMs);
  }

  /** Where nobody can be asked. */
  findStale(digest: string): Authenticated | null {
    return this.#findYounger(digest, this.#options.staleIfErrorMs);
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

  #findYounger(digest: string, ageMs: number): Authenticated | null {
    const entry = this.#known?.get(digest);
    if (entry === undefined) return null;
    const { authenticated, askedAt } = entry;
    const now = this.#options.now();
    return ageOf(askedAt, now) < ageMs && authenticated.principal.expiresAt > now ? authenticated : null;
  }
}
