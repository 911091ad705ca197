import type { ClickHouseClient, PostgreSQLClient, Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import { isCartType } from "../events/cart-event.ts";
import type { StoredEvent } from "../events/event-writer.ts";
import { sequenceAt } from "../events/events-table.ts";
import { type CartRow, stateOf } from "./cart.ts";
import { readCartHistories } from "./cart-history.ts";
import { type CartToSave, lockCarts, saveCarts, touchSessions } from "./cart-store.ts";
import { type CartState, emptyCart, foldCart } from "./fold-cart.ts";

export interface CartProjectionParts {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  readonly logger: Logger;
  readonly now: () => number;
}

/** How far back `repair` looks beyond the newest event that any cart holds. */
const overlapMs = 600_000;

/**
 * Cart state as a fold of the event log. The log is the truth: a block is folded into the carts after it is on disk, and a
 * cart that missed one (a crash between the two, an event that came late, PostgreSQL away) is folded anew from the log.
 */
export class CartProjection {
  readonly #parts: CartProjectionParts;
  /** Sessions that were seen since their carts were last touched. */
  #activeSessions = new Set<string>();
  /** A fold failed: some cart is behind the log. */
  #isBehind = true;

  constructor(parts: CartProjectionParts) {
    this.#parts = parts;
  }

  /** Folds a stored block into its carts. Never rejects: what fails is on disk already and is caught up by `repair`. */
  async apply(events: readonly StoredEvent[]): Promise<void> {
    for (const { event } of events) this.#activeSessions.add(event.sessionId);
    const changes = events.filter(({ event }) => event.cartId !== undefined && isCartType(event.type));
    if (changes.length === 0) return;
    try {
      await this.#parts.sql.transaction((sql) => this.#fold(sql, changes));
    } catch (thrown) {
      this.#isBehind = true;
      this.#parts.logger.warn({ err: thrown }, "carts could not follow the events and will be repaired");
    }
  }

  /** Notes recent visits at their carts; called every second, not for every page view. */
  async touch(): Promise<void> {
    if (this.#activeSessions.size === 0) return;
    const sessions = [...this.#activeSessions];
    this.#activeSessions = new Set();
    await touchSessions(this.#parts.sql, sessions, new Date(this.#parts.now()));
  }

  /** Brings every cart that is behind the log up to it. @returns how many that were. */
  async repair(): Promise<number> {
    if (!this.#isBehind) return 0;
    const { sql, clickhouse } = this.#parts;
    const [newest] = await sql.query<{ sequence: number }>(
      "select coalesce(max(last_sequence), 0) as sequence from carts",
    );
    const from = Math.max(0, (newest?.sequence ?? 0) - sequenceAt(overlapMs));
    const logged = await clickhouse.query<{ cart_id: string; sequence: string }>(
      `SELECT cart_id, toString(max(events.sequence)) AS sequence FROM events
        WHERE events.sequence >= {from:UInt64} AND cart_id != ''
          AND type IN ('add_to_cart', 'remove_from_cart', 'update_quantity', 'start_checkout', 'purchase')
        GROUP BY cart_id`,
      { from },
    );
    const behind = await this.#findBehind(new Map(logged.map((row) => [row.cart_id, Number(row.sequence)])));
    for (let start = 0; start < behind.length; start += 500) {
      const ids = behind.slice(start, start + 500);
      await sql.transaction(async (transaction) => {
        const rows = await lockCarts(transaction, ids);
        await this.#save(transaction, await this.#refold(ids, rows));
      });
    }
    this.#isBehind = false;
    return behind.length;
  }

  async #findBehind(logged: ReadonlyMap<string, number>): Promise<string[]> {
    const rows = await this.#parts.sql.query<{ cart_id: string; last_sequence: number }>(
      "select cart_id, last_sequence from carts where cart_id = any($1::text[])",
      [[...logged.keys()]],
    );
    const held = new Map(rows.map((row) => [row.cart_id, row.last_sequence]));
    return [...logged].filter(([id, sequence]) => (held.get(id) ?? -1) < sequence).map(([id]) => id);
  }

  async #fold(sql: Sql, changes: readonly StoredEvent[]): Promise<void> {
    const ids = [...new Set(changes.map(({ event }) => event.cartId ?? ""))];
    const rows = await lockCarts(sql, ids);
    const folded = new Map<string, CartToSave>();
    const late = new Set<string>();
    for (const { event, sequence } of changes) {
      const cartId = event.cartId ?? "";
      const row = rows.get(cartId);
      const before: CartState = folded.get(cartId)?.state ?? (row === undefined ? emptyCart : stateOf(row));
      if (event.occurredAtMs < before.lastEventAtMs) late.add(cartId);
      folded.set(cartId, {
        cartId,
        sessionId: event.sessionId,
        shopperId: event.shopperId ?? null,
        state: foldCart(before, {
          type: event.type,
          items: event.items ?? [],
          currency: event.currency ?? null,
          occurredAtMs: event.occurredAtMs,
          sequence,
        }),
        wasAbandoned: wasAbandoned(row),
      });
    }
    for (const cart of late.size === 0 ? [] : await this.#refold([...late], rows))
      folded.set(cart.cartId, cart);
    await this.#save(sql, [...folded.values()]);
  }

  async #refold(ids: readonly string[], rows: ReadonlyMap<string, CartRow>): Promise<CartToSave[]> {
    const histories = await readCartHistories(this.#parts.clickhouse, ids);
    return histories.map((cart) => ({ ...cart, wasAbandoned: wasAbandoned(rows.get(cart.cartId)) }));
  }

  async #save(sql: Sql, carts: readonly CartToSave[]): Promise<void> {
    await saveCarts(sql, carts, new Date(this.#parts.now()));
  }
}

function wasAbandoned(row: CartRow | undefined): boolean {
  return row?.status === "abandoned" || row?.status === "recovered";
}
