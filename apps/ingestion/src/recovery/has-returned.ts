import type { ClickHouseClient } from "@libs/database";
import { cartTypes } from "../events/cart-event.ts";
import { sequenceAt } from "../events/events-table.ts";
import type { EventLog } from "../log/event-log.ts";
import type { ClaimedRecovery } from "./recovery-store.ts";

export interface HasReturnedParts {
  readonly clickhouse: Pick<ClickHouseClient, "query">;
  readonly log: Pick<EventLog, "readable">;
}

/**
 * Whether the log has a change of the cart, a purchase for instance, that the claimed cart does not contain, or any event of its visit since
 * it became idle. The log has every acknowledged event; carts are behind it while PostgreSQL is away and until they are repaired, and an
 * instance that ended leaves its last events to others. A cart whose last change to arrive is a purchase is bought, too, even if that comes
 * from a clock that is behind, by which the cart was changed after it. Rejects where the log cannot be read.
 */
export async function hasReturned(
  { clickhouse, log }: HasReturnedParts,
  { cartId, sessionId, lastSequence, idleSince }: ClaimedRecovery,
): Promise<boolean> {
  await log.readable();
  const rows = await clickhouse.query(
    `SELECT 1 FROM events WHERE session_id = {session:String} AND events.sequence >= {idle:UInt64} LIMIT 1
      UNION ALL
      SELECT 1 FROM events WHERE cart_id = {cart:String} AND type IN {types:Array(String)}
        HAVING max(events.sequence) > {last:UInt64} OR argMax(type, events.sequence) = 'purchase'`,
    {
      session: sessionId,
      // the millisecond itself belongs to the activity that the cart contains
      idle: sequenceAt(idleSince.getTime() + 1),
      cart: cartId,
      last: lastSequence,
      types: cartTypes,
    },
  );
  return rows.length > 0;
}
