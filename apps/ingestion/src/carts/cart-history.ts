import type { ClickHouseClient } from "@libs/database";
import type { CartItemInput, EventType } from "../events/cart-event.ts";
import type { CartIdentity } from "./cart.ts";
import { type CartState, emptyCart, foldCart } from "./fold-cart.ts";

export interface CartFromHistory extends CartIdentity {
  readonly state: CartState;
}

interface HistoryRow {
  readonly cart_id: string;
  readonly session_id: string;
  readonly shopper_id: string;
  readonly type: EventType;
  readonly items: string;
  readonly currency: string;
  readonly occurred_ms: string;
  readonly sequence: string;
}

/** Carts folded anew from all of their events, in the order of client time and, within it, of arrival. */
export async function readCartHistories(
  clickhouse: ClickHouseClient,
  cartIds: readonly string[],
): Promise<readonly CartFromHistory[]> {
  const rows = await clickhouse.query<HistoryRow>(
    `SELECT cart_id, session_id, shopper_id, type, items, currency,
        toString(toUnixTimestamp64Milli(occurred_at)) AS occurred_ms, toString(sequence) AS sequence
      FROM events FINAL WHERE cart_id IN ({carts:Array(String)}) ORDER BY occurred_at, events.sequence`,
    { carts: [...cartIds] },
  );
  const carts = new Map<string, CartFromHistory>();
  for (const row of rows) {
    const before = carts.get(row.cart_id);
    const items: readonly CartItemInput[] = row.items === "" ? [] : JSON.parse(row.items);
    carts.set(row.cart_id, {
      cartId: row.cart_id,
      sessionId: row.session_id,
      shopperId: row.shopper_id === "" ? (before?.shopperId ?? null) : row.shopper_id,
      state: foldCart(before?.state ?? emptyCart, {
        type: row.type,
        items,
        currency: row.currency === "" ? null : row.currency,
        occurredAtMs: Number(row.occurred_ms),
        sequence: Number(row.sequence),
      }),
    });
  }
  return [...carts.values()];
}
