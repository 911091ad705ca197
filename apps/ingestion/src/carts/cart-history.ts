import type { ClickHouseClient } from "@libs/database";
import type { CartItemInput, EventType } from "../events/cart-event.ts";
import type { CartIdentity } from "./cart.ts";
import { type CartChange, type CartState, emptyCart, foldCart } from "./fold-cart.ts";

export interface CartFromHistory extends CartIdentity {
  readonly state: CartState;
}

interface HistoryRow {
  readonly cart_id: string;
  readonly session_id: string;
  readonly shopper_id: string;
  readonly id: string;
  readonly type: EventType;
  readonly items: string;
  readonly currency: string;
  readonly occurred_ms: string;
  readonly sequence: string;
  /** The largest sequence of all pages. */
  readonly newest: string;
}

/** Events read and folded at a time: a few milliseconds of the thread that acknowledges events, which runs in between. */
const pageRows = 250;

/**
 * Carts rebuilt from all of their events, in the order of client time and, within it, of arrival. Events that arrive during the
 * read are in none of them: a cart that contains one event contains all that arrived before it.
 */
export async function readCartHistories(
  clickhouse: Pick<ClickHouseClient, "query">,
  cartIds: readonly string[],
): Promise<readonly CartFromHistory[]> {
  const carts = new Map<string, CartFromHistory>();
  let rows = await readPage(clickhouse, cartIds, null);
  for (;;) {
    for (const [cartId, own] of Map.groupBy(rows, (row) => row.cart_id))
      carts.set(cartId, withEvents(carts.get(cartId), cartId, own));
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) return [...carts.values()];
    rows = await readPage(clickhouse, cartIds, last);
  }
}

async function readPage(
  clickhouse: Pick<ClickHouseClient, "query">,
  cartIds: readonly string[],
  after: HistoryRow | null,
): Promise<readonly HistoryRow[]> {
  const rest = `AND events.sequence <= {newest:UInt64}
    AND (occurred_at, events.sequence, session_id, id) > (fromUnixTimestamp64Milli({occurred:Int64}), {sequence:UInt64}, {session:String}, {id:String})`;
  return await clickhouse.query<HistoryRow>(
    `SELECT cart_id, session_id, shopper_id, id, type, items, currency,
        toString(toUnixTimestamp64Milli(occurred_at)) AS occurred_ms, toString(sequence) AS sequence,
        toString(max(events.sequence) OVER ()) AS newest
      FROM events FINAL WHERE cart_id IN ({carts:Array(String)}) ${after === null ? "" : rest}
      ORDER BY occurred_at, events.sequence, session_id, id LIMIT ${pageRows}`,
    {
      carts: [...cartIds],
      ...(after === null
        ? {}
        : {
            newest: after.newest,
            occurred: after.occurred_ms,
            sequence: after.sequence,
            session: after.session_id,
            id: after.id,
          }),
    },
  );
}

function withEvents(
  before: CartFromHistory | undefined,
  cartId: string,
  rows: readonly HistoryRow[],
): CartFromHistory {
  const named = rows.findLast((row) => row.shopper_id !== "");
  return {
    cartId,
    sessionId: rows.at(-1)?.session_id ?? before?.sessionId ?? "",
    shopperId: named?.shopper_id ?? before?.shopperId ?? null,
    state: foldCart(before?.state ?? emptyCart, rows.map(toChange)),
  };
}

function toChange(row: HistoryRow): CartChange {
  const items: readonly CartItemInput[] = row.items === "" ? [] : JSON.parse(row.items);
  return {
    type: row.type,
    items,
    currency: row.currency === "" ? null : row.currency,
    occurredAtMs: Number(row.occurred_ms),
    sequence: Number(row.sequence),
  };
}
