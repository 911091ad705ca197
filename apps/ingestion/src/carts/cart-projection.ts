import { type ClickHouseClient, parameterLists, type PostgreSQLClient, type Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import { cartTypes } from "../events/cart-event.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import { sequenceAt } from "../events/events-table.ts";
import { type CartRow, stateOf } from "./cart.ts";
import { readCartHistories } from "./cart-history.ts";
import { type CartToSave, lockCarts, openCarts, saveCarts } from "./cart-store.ts";
import { type CartState, emptyCart, foldCart } from "./fold-cart.ts";

export interface CartProjectionParts {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: Pick<ClickHouseClient, "query">;
  readonly now: () => number;
  readonly logger: Logger;
  /** No other process writes carts to this PostgreSQL, as with the embedded engine. */
  readonly isAlone: boolean;
}

interface SequencesRow {
  readonly session_id: string;
  readonly id: string;
  readonly sequences: readonly string[];
}

/** How far back `catchUp` looks beyond the newest event that any cart holds. */
const overlapMs = 600_000;

/**
 * Cart state as a fold of the event log, which is authoritative: a cart that an event arrives late for, or that already contains newer
 * events, is rebuilt from the log, so that no event counts twice or out of order.
 */
export class CartProjection {
  readonly #parts: CartProjectionParts;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: CartProjectionParts) {
    this.#parts = parts;
  }

  /**
   * Folds stored events that change carts, all that arrived since the last fold: in one transaction, and carts with late
   * events in another.
   */
  async fold(changes: readonly StoredEvent[]): Promise<void> {
    await this.#inTurn(async () => {
      const doubled = await this.#findDoubled(changes);
      const late = await this.#parts.sql.transaction((sql) => this.#fold(sql, changes, doubled));
      if (late.length > 0) await this.#refold(late);
    });
  }

  /** The largest sequence in any cart, from which `catchUp` looks back: later events MUST have larger ones. */
  async newest(): Promise<number> {
    const [row] = await this.#parts.sql.query<{ sequence: number }>(
      "select coalesce(max(last_sequence), 0) as sequence from carts",
    );
    return row?.sequence ?? 0;
  }

  /**
   * Rebuilds every cart that is behind the log. @param missed smallest sequence known to be missing, or
   * `null`. @returns how many carts were behind.
   */
  async catchUp(missed: number | null): Promise<number> {
    return await this.#inTurn(() => this.#catchUp(missed));
  }

  async #catchUp(missed: number | null): Promise<number> {
    const { clickhouse } = this.#parts;
    const oldest = Math.min(await this.newest(), missed ?? Number.MAX_SAFE_INTEGER);
    const logged = await clickhouse.query<{ cart_id: string; sequence: string }>(
      `SELECT cart_id, toString(max(events.sequence)) AS sequence FROM events
        WHERE events.sequence >= {from:UInt64} AND cart_id != ''
          AND type IN {types:Array(String)}
        GROUP BY cart_id`,
      { from: Math.max(0, oldest - sequenceAt(overlapMs)), types: cartTypes },
    );
    const behind = await this.#findBehind(new Map(logged.map((row) => [row.cart_id, Number(row.sequence)])));
    for (let start = 0; start < behind.length; start += 500) {
      await this.#repair(behind.slice(start, start + 500));
    }
    return behind.length;
  }

  /** A cart that its table cannot hold is logged and left unchanged: it must not block the others. */
  async #repair(ids: readonly string[]): Promise<void> {
    const { logger } = this.#parts;
    try {
      await this.#refold(ids);
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      if (ids.length === 1) return logger.error({ err: thrown, cart: ids[0] }, "a cart cannot be stored");
      const half = Math.ceil(ids.length / 2);
      await this.#repair(ids.slice(0, half));
      await this.#repair(ids.slice(half));
    }
  }

  async #findBehind(logged: ReadonlyMap<string, number>): Promise<string[]> {
    const rows = await this.#parts.sql.query<{ cart_id: string; last_sequence: number }>(
      "select cart_id, last_sequence from carts where cart_id = any($1::text[])",
      [[...logged.keys()]],
    );
    const held = new Map(rows.map((row) => [row.cart_id, row.last_sequence]));
    return [...logged].filter(([id, sequence]) => (held.get(id) ?? -1) < sequence).map(([id]) => id);
  }

  /** Carts of events that another instance stored at the same moment: the log decides which of the two counts. */
  async #findDoubled(changes: readonly StoredEvent[]): Promise<ReadonlySet<string>> {
    if (this.#parts.isAlone) return new Set();
    const lists = parameterLists(changes, ({ event }) => [event.sessionId, event.id]);
    const rows = (await Promise.all(lists.map((list) => this.#readSequences(list)))).flat();
    const logged = new Map(rows.map((row) => [`${row.session_id}\n${row.id}`, row.sequences]));
    const doubled = changes.filter(({ event, sequence }) => {
      const sequences = logged.get(`${event.sessionId}\n${event.id}`) ?? [];
      return sequences.length !== 1 || Number(sequences[0]) !== sequence;
    });
    return new Set(doubled.map(({ event }) => event.cartId ?? ""));
  }

  async #readSequences(changes: readonly StoredEvent[]): Promise<readonly SequencesRow[]> {
    return await this.#parts.clickhouse.query<SequencesRow>(
      `SELECT session_id, id, arrayMap(one -> toString(one), groupUniqArray(sequence)) AS sequences FROM events
        WHERE session_id IN ({sessions:Array(String)}) AND id IN ({ids:Array(String)}) GROUP BY session_id, id`,
      {
        sessions: [...new Set(changes.map(({ event }) => event.sessionId))],
        ids: changes.map(({ event }) => event.id),
      },
    );
  }

  /** @returns the carts that must be rebuilt */
  async #fold(
    sql: Sql,
    changes: readonly StoredEvent[],
    doubled: ReadonlySet<string>,
  ): Promise<readonly string[]> {
    // in the log's order: events out of order within one fold need no read of the log
    const byCart = Map.groupBy(changes.toSorted(byTime), ({ event }) => event.cartId ?? "");
    const rows = await this.#lock(sql, [...byCart.keys()]);
    const folded: CartToSave[] = [];
    const late: string[] = [];
    for (const [cartId, events] of byCart) {
      const row = rows.get(cartId);
      const state = row === undefined ? emptyCart : stateOf(row);
      if (doubled.has(cartId) || events.some((event) => isLate(event, state))) late.push(cartId);
      else folded.push(withEvents(cartId, state, events, wasAbandoned(row)));
    }
    await this.#save(sql, folded);
    return late;
  }

  /**
   * If other processes write carts too, the rows are locked while the log is read, so that no newer cart is overwritten.
   * If none do, this class's own serialisation is enough, and the embedded engine, with one session for all, is not blocked.
   */
  async #refold(ids: readonly string[]): Promise<void> {
    const { sql, clickhouse, isAlone } = this.#parts;
    const early = isAlone ? await readCartHistories(clickhouse, ids) : null;
    await sql.transaction(async (transaction) => {
      const rows = await this.#lock(transaction, ids);
      const histories = early ?? (await readCartHistories(clickhouse, ids));
      const carts = histories.map((cart) => ({ ...cart, wasAbandoned: wasAbandoned(rows.get(cart.cartId)) }));
      await this.#save(transaction, carts);
    });
  }

  /** Includes carts without a row, if another process may be about to create it. */
  async #lock(sql: Sql, cartIds: readonly string[]): Promise<ReadonlyMap<string, CartRow>> {
    const { isAlone, now } = this.#parts;
    if (!isAlone) await openCarts(sql, cartIds, new Date(now()));
    return await lockCarts(sql, cartIds);
  }

  async #save(sql: Sql, carts: readonly CartToSave[]): Promise<void> {
    await saveCarts(sql, carts, new Date(this.#parts.now()));
  }

  /** One task at a time: a repair may be requested while a fold is in progress. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }
}

/** Older than the cart's last event, or already included by a rebuild from its whole history. */
function isLate({ event, sequence }: StoredEvent, { lastEventAtMs, lastSequence }: CartState): boolean {
  return event.occurredAtMs < lastEventAtMs || sequence <= lastSequence;
}

function withEvents(
  cartId: string,
  state: CartState,
  events: readonly StoredEvent[],
  wasAbandonedBefore: boolean,
): CartToSave {
  const last = events.at(-1)?.event;
  return {
    cartId,
    sessionId: last?.sessionId ?? "",
    shopperId: last?.shopperId ?? null,
    state: foldCart(
      state,
      events.map(({ event, sequence }) => ({
        type: event.type,
        items: event.items ?? [],
        currency: event.currency ?? null,
        occurredAtMs: event.occurredAtMs,
        sequence,
      })),
    ),
    wasAbandoned: wasAbandonedBefore,
  };
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  return a.event.occurredAtMs - b.event.occurredAtMs || a.sequence - b.sequence;
}

function wasAbandoned(row: CartRow | undefined): boolean {
  return row?.status === "abandoned" || row?.status === "recovered";
}

/** SQLSTATE class 22: the value is at fault, so a retry would fail too. */
function isDataFault(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && /^22[0-9A-Z]{3}$/.test(String(thrown.code));
}
