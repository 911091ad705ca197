import type { ChangeFeed } from "../changes/change-feed.ts";

/** What a token says of itself that can be taken back. */
export interface Revocable {
  readonly sessionId: string;
  readonly userId: string;
  readonly userVersion: number;
}

export interface RevocationsOptions {
  readonly now: () => number;
  /** Longest life of an access token: after it a revocation has nothing left to refuse and is forgotten. */
  readonly tokenLifeMs: number;
}

/**
 * Sessions that were ended and users that were changed while tokens of theirs are still alive. Two map look-ups a check.
 * It grows with revocations, which are authenticated acts, and forgets each after the life of a token.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #sessions = new Map<string, number>();
  readonly #users = new Map<string, { readonly version: number; readonly until: number }>();

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  follow(feed: ChangeFeed): void {
    feed.on("session", ({ subject }) => this.revokeSession(subject));
    feed.on("user", ({ subject, value }) => this.requireVersion(subject, value));
  }

  isRevoked(token: Revocable): boolean {
    if (this.#sessions.has(token.sessionId)) return true;
    const user = this.#users.get(token.userId);
    return user !== undefined && token.userVersion < user.version;
  }

  revokeSession(sessionId: string): void {
    this.#forget();
    this.#sessions.set(sessionId, this.#options.now() + this.#options.tokenLifeMs);
  }

  requireVersion(userId: string, version: number): void {
    this.#forget();
    // taken out first, so that insertion order stays the order of forgetting
    this.#users.delete(userId);
    this.#users.set(userId, { version, until: this.#options.now() + this.#options.tokenLifeMs });
  }

  get size(): number {
    return this.#sessions.size + this.#users.size;
  }

  #forget(): void {
    const now = this.#options.now();
    for (const [id, until] of this.#sessions) {
      if (until > now) break;
      this.#sessions.delete(id);
    }
    for (const [id, { until }] of this.#users) {
      if (until > now) break;
      this.#users.delete(id);
    }
  }
}
