import type { ClickHouseClient } from "@libs/database";
import { cartTypes } from "../events/cart-event.ts";

/** How many sessions got at least this far, since `sinceMs`. */
export interface Funnel {
  readonly sessions: number;
  readonly viewedProduct: number;
  readonly addedToCart: number;
  readonly startedCheckout: number;
  readonly purchased: number;
}

/** Carts that were changed, and their outcomes; carts with only page views do not count. */
export interface Abandonment {
  readonly carts: number;
  readonly purchased: number;
  readonly open: number;
  /** No purchase, and no event for the time after which a cart counts as abandoned. */
  readonly abandoned: number;
  /** Of the carts that ended either way, the share without a purchase; `null` where none has ended. */
  readonly abandonmentRate: number | null;
}

/** Exact even while duplicates of an event wait to be merged: sessions and carts are counted, not rows. */
export async function readFunnel(clickhouse: ClickHouseClient, sinceMs: number): Promise<Funnel> {
  const [row] = await clickhouse.query<Record<keyof Funnel, string>>(
    `SELECT
        toString(uniqExact(session_id)) AS sessions,
        toString(uniqExactIf(session_id, type = 'view_product')) AS viewedProduct,
        toString(uniqExactIf(session_id, type = 'add_to_cart')) AS addedToCart,
        toString(uniqExactIf(session_id, type = 'start_checkout')) AS startedCheckout,
        toString(uniqExactIf(session_id, type = 'purchase')) AS purchased
      FROM events WHERE occurred_at >= fromUnixTimestamp64Milli({since:Int64})`,
    { since: sinceMs },
  );
  return {
    sessions: Number(row?.sessions ?? 0),
    viewedProduct: Number(row?.viewedProduct ?? 0),
    addedToCart: Number(row?.addedToCart ?? 0),
    startedCheckout: Number(row?.startedCheckout ?? 0),
    purchased: Number(row?.purchased ?? 0),
  };
}

export interface AbandonmentQuery {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly abandonedAfterMs: number;
}

export async function readAbandonment(
  clickhouse: ClickHouseClient,
  { sinceMs, nowMs, abandonedAfterMs }: AbandonmentQuery,
): Promise<Abandonment> {
  const [row] = await clickhouse.query<{ carts: string; purchased: string; abandoned: string }>(
    `SELECT toString(count()) AS carts, toString(countIf(bought)) AS purchased,
        toString(countIf(NOT bought AND last_ms < {idleSince:Int64})) AS abandoned
      FROM (
        SELECT cart_id, countIf(type = 'purchase') > 0 AS bought, max(toUnixTimestamp64Milli(occurred_at)) AS last_ms
        FROM events WHERE cart_id != '' AND occurred_at >= fromUnixTimestamp64Milli({since:Int64})
        GROUP BY cart_id HAVING countIf(type IN {types:Array(String)}) > 0
      )`,
    { since: sinceMs, idleSince: nowMs - abandonedAfterMs, types: cartTypes },
  );
  const carts = Number(row?.carts ?? 0);
  const purchased = Number(row?.purchased ?? 0);
  const abandoned = Number(row?.abandoned ?? 0);
  const ended = purchased + abandoned;
  return {
    carts,
    purchased,
    open: carts - ended,
    abandoned,
    abandonmentRate: ended === 0 ? null : abandoned / ended,
  };
}
