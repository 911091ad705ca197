import type { ClickHouseClient } from "@libs/database";
import type { EventLog } from "../log/event-log.ts";
import type { CartEvent } from "./cart-event.ts";
import type { SessionFilter } from "./session-filter.ts";

export interface KnownIdsParts {
  readonly clickhouse: Pick<ClickHouseClient, "query">;
  readonly log: Pick<EventLog, "isAhead" | "readable">;
  /** Where this process alone writes the log: what it certainly does not hold is not asked for. */
  readonly filter?: SessionFilter | null;
  readonly idsMax?: number;
}

/**
 * Which ids are stored already. Once a session has been asked for, its ids are held here and every further event of it is
 * answered from memory; the sessions that were quiet longest are forgotten first and asked for again.
 */
export class KnownIds {
  readonly #clickhouse: Pick<ClickHouseClient, "query">;
  readonly #log: Pick<EventLog, "isAhead" | "readable">;
  readonly #filter: SessionFilter | null;
  readonly #idsMax: number;
  /** By session, in the order of last use: id → hash of the content. */
  readonly #sessions = new Map<string, Map<string, number>>();
  #ids = 0;

  constructor({ clickhouse, log, filter = null, idsMax = 500_000 }: KnownIdsParts) {
    this.#clickhouse = clickhouse;
    this.#log = log;
    this.#filter = filter;
    this.#idsMax = idsMax;
  }

  /** Makes sure that the ids of these events' sessions are here. */
  async load(events: readonly CartEvent[]): Promise<void> {
    const missing = new Set<string>();
    for (const { sessionId } of events) {
      if (this.#sessions.has(sessionId)) continue;
      if (this.#filter?.mayHold(sessionId) === false) this.#sessions.set(sessionId, new Map());
      else missing.add(sessionId);
    }
    if (missing.size === 0) return;
    // forgotten since: ClickHouse alone would not know all of the session's events
    if ([...missing].some((sessionId) => this.#log.isAhead(sessionId))) await this.#log.readable();
    const rows = await this.#clickhouse.query<{ session_id: string; id: string; content_hash: number }>(
      "SELECT session_id, id, content_hash FROM events WHERE session_id IN ({sessions:Array(String)})",
      { sessions: [...missing] },
    );
    for (const sessionId of missing) this.#sessions.set(sessionId, new Map());
    for (const row of rows) this.#put(row.session_id, row.id, row.content_hash);
  }

  /** `new` where the id is not stored; `same` or `different` by content where it is. MUST follow `load`. */
  compare({ sessionId, id, contentHash }: CartEvent): "new" | "same" | "different" {
    const known = this.#sessions.get(sessionId)?.get(id);
    if (known === undefined) return "new";
    return known === contentHash ? "same" : "different";
  }

  /** Notes events that are stored now, and forgets sessions that were quiet longest where there are too many. */
  add(events: readonly CartEvent[]): void {
    for (const { sessionId, id, contentHash } of events) {
      this.#filter?.add(sessionId);
      const session = this.#sessions.get(sessionId);
      if (session !== undefined) {
        this.#sessions.delete(sessionId);
        this.#sessions.set(sessionId, session);
      }
      this.#put(sessionId, id, contentHash);
    }
    for (const sessionId of this.#sessions.keys()) {
      if (this.#ids <= this.#idsMax) break;
      this.#drop(sessionId);
    }
  }

  /** Lets the sessions of these events be asked for again before anything is said of them. */
  forget(events: readonly CartEvent[]): void {
    for (const { sessionId } of events) this.#drop(sessionId);
  }

  #drop(sessionId: string): void {
    this.#ids -= this.#sessions.get(sessionId)?.size ?? 0;
    this.#sessions.delete(sessionId);
  }

  #put(sessionId: string, id: string, contentHash: number): void {
    const session = this.#sessions.get(sessionId) ?? new Map<string, number>();
    if (!session.has(id)) this.#ids += 1;
    session.set(id, contentHash);
    this.#sessions.set(sessionId, session);
  }
}
