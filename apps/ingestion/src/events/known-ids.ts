import { type ClickHouseClient, type ClickHouseParameters, parameterLists } from "@libs/database";
import type { EventLog } from "../log/event-log.ts";
import type { CartEvent } from "./cart-event.ts";
import { sequenceAt } from "./events-table.ts";
import type { SessionFilter } from "./session-filter.ts";

export interface KnownIdsParts {
  readonly clickhouse: Pick<ClickHouseClient, "query">;
  readonly log: Pick<EventLog, "isAhead" | "readable">;
  /** True where only this process writes the log: sessions that it certainly does not contain are not queried, nor other instances' writes. */
  readonly filter?: SessionFilter | null;
  readonly idsMax?: number;
  /** Maximum ids of one session: they are loaded together, and a client may generate them without end. */
  readonly sessionIdsMax?: number;
  /** Milliseconds since the epoch, as in the events' sequences. */
  readonly now?: () => number;
}

/** Maximum number of sessions remembered as too long; beyond it each is detected again. */
const longMax = 1000;

/** Maximum difference between the clocks of two instances, and between numbering an event and its being readable. */
const marginMs = 120_000;
/** A session idle for this long is loaded completely again: what arrived meanwhile is too far back for an incremental query. */
const quietMsMax = 600_000;

interface Session {
  /** Content hashes by id. */
  readonly ids: Map<string, number>;
  /** When the log was last queried for what others have stored of it. */
  askedAt: number;
}

interface IdRow {
  readonly session_id: string;
  readonly id: string;
  readonly content_hash: number;
}

/**
 * Which ids are already stored. Once a session has been loaded, its ids are cached here and all its further events are
 * checked in memory; the least recently used sessions are evicted and loaded again. For a session that is too
 * long to cache only the ids at hand are queried, each time. Where other instances write the log too, their writes to
 * a session since the last query are queried with each further event of it.
 */
export class KnownIds {
  readonly #clickhouse: Pick<ClickHouseClient, "query">;
  readonly #log: Pick<EventLog, "isAhead" | "readable">;
  readonly #filter: SessionFilter | null;
  readonly #idsMax: number;
  readonly #sessionIdsMax: number;
  readonly #now: () => number;
  /** In the order of last use. */
  readonly #sessions = new Map<string, Session>();
  /** Sessions too long to be cached. */
  readonly #long = new Set<string>();
  /** For those, the ids of the last query. */
  #asked = new Map<string, Map<string, number>>();
  #ids = 0;

  constructor({
    clickhouse,
    log,
    filter = null,
    idsMax = 500_000,
    sessionIdsMax = 10_000,
    now = Date.now,
  }: KnownIdsParts) {
    this.#clickhouse = clickhouse;
    this.#log = log;
    this.#filter = filter;
    this.#idsMax = idsMax;
    this.#sessionIdsMax = sessionIdsMax;
    this.#now = now;
  }

  /** Loads the ids of these events' sessions, or for a long session those of the events themselves. */
  async load(events: readonly CartEvent[]): Promise<void> {
    this.#trim();
    this.#asked = new Map();
    const isAlone = this.#filter !== null;
    const missing = new Set<string>();
    const held = new Set<string>();
    for (const { sessionId } of events) {
      if (!isAlone && this.#isLongAgo(sessionId)) this.#drop(sessionId);
      if (this.#sessions.has(sessionId)) held.add(sessionId);
      else if (this.#filter?.mayHold(sessionId) === false) this.#hold(sessionId);
      else missing.add(sessionId);
    }
    if (!isAlone) await this.#loadOthers([...held]);
    if (missing.size === 0) return;
    // evicted while events of it are not in ClickHouse yet, which alone would return only a part of them
    if ([...missing].some((sessionId) => this.#log.isAhead(sessionId))) await this.#log.readable();
    await this.#loadWhole([...missing].filter((sessionId) => !this.#long.has(sessionId)));
    await this.#loadSome(events.filter(({ sessionId }) => this.#long.has(sessionId)));
  }

  /** `new` where the id is not stored; `same` or `different` by content where it is. MUST follow `load`. */
  compare({ sessionId, id, contentHash }: CartEvent): "new" | "same" | "different" {
    const known = (this.#sessions.get(sessionId)?.ids ?? this.#asked.get(sessionId))?.get(id);
    if (known === undefined) return "new";
    return known === contentHash ? "same" : "different";
  }

  /** Records events that are stored now. MUST follow `load`. */
  add(events: readonly CartEvent[]): void {
    for (const { sessionId, id, contentHash } of events) {
      this.#filter?.add(sessionId);
      const session = this.#sessions.get(sessionId);
      // too long: it is queried with its next event
      if (session === undefined) continue;
      this.#sessions.delete(sessionId);
      this.#sessions.set(sessionId, session);
      this.#put(session, id, contentHash);
      if (session.ids.size > this.#sessionIdsMax) this.#noteLong(sessionId);
    }
  }

  /** Forces the sessions of these events to be loaded again before the next check. */
  forget(events: readonly CartEvent[]): void {
    for (const { sessionId } of events) this.#drop(sessionId);
  }

  async #loadWhole(sessions: readonly string[]): Promise<void> {
    if (sessions.length === 0) return;
    const askedAt = this.#now();
    const rows = await this.#querySessions(
      "SELECT session_id, id, content_hash FROM events WHERE session_id IN ({sessions:Array(String)}) LIMIT {most:UInt32} BY session_id",
      sessions,
      { most: this.#sessionIdsMax + 1 },
    );
    const bySession = Map.groupBy(rows, (row) => row.session_id);
    for (const sessionId of sessions) {
      const own = bySession.get(sessionId) ?? [];
      const session = this.#hold(sessionId, askedAt);
      for (const { id, content_hash: hash } of own) this.#put(session, id, hash);
      if (own.length > this.#sessionIdsMax) this.#noteLong(sessionId);
    }
  }

  /** What other instances have stored of cached sessions since the last query. */
  async #loadOthers(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    const askedAt = this.#now();
    const sessions = sessionIds.flatMap((sessionId) => this.#sessions.get(sessionId) ?? []);
    const since = sessions.reduce((least, session) => Math.min(least, session.askedAt), askedAt) - marginMs;
    const rows = await this.#querySessions(
      "SELECT session_id, id, content_hash FROM events WHERE session_id IN ({sessions:Array(String)}) AND sequence >= {since:UInt64}",
      sessionIds,
      { since: sequenceAt(Math.max(0, since)) },
    );
    for (const { session_id: sessionId, id, content_hash: hash } of rows) {
      const session = this.#sessions.get(sessionId);
      if (session !== undefined) this.#put(session, id, hash);
    }
    for (const session of sessions) session.askedAt = askedAt;
  }

  async #loadSome(events: readonly CartEvent[]): Promise<void> {
    const lists = parameterLists(events, ({ sessionId, id }) => [sessionId, id]);
    const rows = lists.map((list) =>
      this.#clickhouse.query<IdRow>(
        "SELECT session_id, id, content_hash FROM events WHERE session_id IN ({sessions:Array(String)}) AND id IN ({ids:Array(String)})",
        { sessions: [...new Set(list.map(({ sessionId }) => sessionId))], ids: list.map(({ id }) => id) },
      ),
    );
    for (const [sessionId, own] of Map.groupBy((await Promise.all(rows)).flat(), (row) => row.session_id))
      this.#asked.set(sessionId, new Map(own.map((row) => [row.id, row.content_hash])));
  }

  async #querySessions(
    text: string,
    sessionIds: readonly string[],
    others: ClickHouseParameters,
  ): Promise<readonly IdRow[]> {
    const lists = parameterLists(sessionIds, (sessionId) => [sessionId]);
    const rows = lists.map((sessions) => this.#clickhouse.query<IdRow>(text, { ...others, sessions }));
    return (await Promise.all(rows)).flat();
  }

  #noteLong(sessionId: string): void {
    this.#drop(sessionId);
    if (this.#long.size >= longMax) this.#long.clear();
    this.#long.add(sessionId);
  }

  #isLongAgo(sessionId: string): boolean {
    const session = this.#sessions.get(sessionId);
    return session !== undefined && this.#now() - session.askedAt > quietMsMax;
  }

  #hold(sessionId: string, askedAt = this.#now()): Session {
    const session = { ids: new Map<string, number>(), askedAt };
    this.#sessions.set(sessionId, session);
    return session;
  }

  /** Evicts the least recently used sessions above the maximum. */
  #trim(): void {
    for (const sessionId of this.#sessions.keys()) {
      if (this.#ids <= this.#idsMax) break;
      this.#drop(sessionId);
    }
  }

  #drop(sessionId: string): void {
    this.#ids -= this.#sessions.get(sessionId)?.ids.size ?? 0;
    this.#sessions.delete(sessionId);
  }

  #put({ ids }: Session, id: string, contentHash: number): void {
    if (!ids.has(id)) this.#ids += 1;
    ids.set(id, contentHash);
  }
}
