import type { Sql } from "@libs/database";
import type { StoredEvent } from "../events/stored-event.ts";
import { touchSessions } from "./cart-store.ts";

/** Records activity of a visit on its carts: once a second, not for every page view. */
export class SessionTouches {
  readonly #sql: Pick<Sql, "query">;
  readonly #now: () => number;
  #sessions = new Set<string>();

  constructor(sql: Pick<Sql, "query">, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  note(events: readonly StoredEvent[]): void {
    for (const { event } of events)
      if (this.#sessions.size < sessionsMax) this.#sessions.add(event.sessionId);
  }

  /** A failed write is retried with the next one: an active shopper must not be taken for gone. */
  async write(): Promise<void> {
    if (this.#sessions.size === 0) return;
    const sessions = this.#sessions;
    this.#sessions = new Set();
    try {
      await touchSessions(this.#sql, [...sessions], new Date(this.#now()));
    } catch (thrown) {
      this.#sessions = new Set([...sessions, ...this.#sessions]);
      throw thrown;
    }
  }
}

/** Per write: as many sessions are active within a second of the busiest shop, or while PostgreSQL is away. */
const sessionsMax = 100_000;
