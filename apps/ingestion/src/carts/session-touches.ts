import type { Sql } from "@libs/database";
import type { StoredEvent } from "../events/stored-event.ts";
import { touchSessions } from "./cart-store.ts";

/** Notes at the carts of a visit that it goes on: every second, and not for every page view. */
export class SessionTouches {
  readonly #sql: Sql;
  readonly #now: () => number;
  #sessions = new Set<string>();

  constructor(sql: Sql, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  note(events: readonly StoredEvent[]): void {
    for (const { event } of events) this.#sessions.add(event.sessionId);
  }

  async write(): Promise<void> {
    if (this.#sessions.size === 0) return;
    const sessions = [...this.#sessions];
    this.#sessions = new Set();
    await touchSessions(this.#sql, sessions, new Date(this.#now()));
  }
}
