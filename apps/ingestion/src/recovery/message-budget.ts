import type { Sql } from "@libs/database";
import type { ClaimedRecovery } from "./recovery-store.ts";

/** How many messages may be written, by all instances together. */
export interface MessageBudget {
  /** To all shoppers, within an hour. Repeated attempts count: each may have called a language model. */
  readonly perHourMax: number;
  /** To one shopper, within 24 hours. */
  readonly perShopperMax: number;
}

/** Serializes instances, so that together they do not exceed the budget. */
const advisoryLock = 4_023_118;

/** Reserves a message for the cart. @returns whether the budget allows it. */
export async function reserveMessage(
  sql: Sql,
  { id, shopperId, sessionId }: ClaimedRecovery,
  { budget, now }: { readonly budget: MessageBudget; readonly now: Date },
): Promise<boolean> {
  return await sql.transaction(async (transaction) => {
    await transaction.query(`select pg_advisory_xact_lock(${advisoryLock})`);
    const rows = await transaction.query(
      `update recoveries set written = written + 1, written_at = $2, shopper = $3
        where id = $1
          and (select coalesce(sum(written), 0) from recoveries where written_at > $2::timestamptz - interval '1 hour') < $4
          and (select count(*) from recoveries
            where shopper = $3 and id <> $1 and written_at > $2::timestamptz - interval '24 hours') < $5
        returning 1`,
      [
        id,
        now,
        shopperId === null ? `session:${sessionId}` : `shopper:${shopperId}`,
        budget.perHourMax,
        budget.perShopperMax,
      ],
    );
    return rows.length > 0;
  });
}
