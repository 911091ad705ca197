import type { ChangeFeed } from "../changes/change-feed.ts";

/** The claims by which a token can be revoked. */
export interface Revocable {
  readonly sessionId: string;
  readonly userId: string;
  readonly userVersion: number;
}

export interface RevocationsOptions {
  readonly now: () => number;
  /** Maximum lifetime of an access token, after which a revocation can be forgotten. */
  readonly tokenLifeMs: number;
}

/**
 * Ended sessions and changed users that still have unexpired tokens. A check takes two map look-ups. Only authenticated acts add entries,
 * and each is removed after the lifetime of a token.
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
    // deleted first, so that insertion order remains the order of expiry
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
