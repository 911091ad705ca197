import type { Sql } from "@libs/database";
import type { CartItemInput } from "../events/cart-event.ts";

/** A cart claimed by this instance, the only one that may write to its shopper until `claimedUntil`. */
export interface ClaimedRecovery {
  readonly id: number;
  readonly cartId: string;
  readonly sessionId: string;
  readonly shopperId: string | null;
  readonly currency: string;
  readonly items: readonly CartItemInput[];
  readonly valueMinor: number;
  readonly attempts: number;
  /** The last activity that the cart contained when it was claimed. */
  readonly idleSince: Date;
  /** The last event that the cart contained when it was claimed. */
  readonly lastSequence: number;
}

export interface ClaimOptions {
  readonly idleBefore: Date;
  /** Carts idle for longer are left alone. */
  readonly idleAfter: Date;
  readonly claimedUntil: Date;
  readonly now: Date;
  /** Maximum of both kinds together. */
  readonly limit: number;
  readonly attemptsMax: number;
}

export type RecoveryOutcome =
  /** Likely to be bought anyway. */
  | { readonly status: "declined"; readonly probability: number }
  /** A message would have exceeded the budget. */
  | { readonly status: "over_budget"; readonly probability: number }
  | { readonly status: "sent"; readonly probability: number; readonly message: object }
  | { readonly status: "failed" };

interface ClaimRow {
  readonly id: number;
  readonly cart_id: string;
  readonly session_id: string;
  readonly shopper_id: string | null;
  readonly currency: string;
  readonly items: readonly CartItemInput[];
  readonly value_minor: number;
  readonly attempts: number;
  readonly idle_since: Date;
  readonly last_sequence: number;
}

const claimColumns =
  "r.id, r.cart_id, r.session_id, c.shopper_id, c.currency, c.items, c.value_minor, r.attempts, r.idle_since, c.last_sequence";

/**
 * Claims carts that have just become idle, once per idle period over all instances, and before them those whose claim
 * expired because the instance that held it died or a step of it failed: `limit` in total.
 */
export async function claimRecoveries(sql: Sql, options: ClaimOptions): Promise<readonly ClaimedRecovery[]> {
  return await sql.transaction(async (transaction) => {
    const again = await claimAgain(transaction, options);
    const fresh = await claimFresh(transaction, { ...options, limit: options.limit - again.length });
    return [...again, ...fresh].map(toClaim);
  });
}

function claimAgain(
  sql: Sql,
  { claimedUntil, now, attemptsMax, limit }: ClaimOptions,
): Promise<readonly ClaimRow[]> {
  return sql.query<ClaimRow>(
    `update recoveries r set claimed_until = $1, attempts = r.attempts + 1 from carts c
      where c.cart_id = r.cart_id and r.id in (
        select id from recoveries where status = 'claimed' and claimed_until < $2 and attempts < $3
          order by id limit $4 for update skip locked)
      returning ${claimColumns}`,
    [claimedUntil, now, attemptsMax, limit],
  );
}

function claimFresh(
  sql: Sql,
  { idleBefore, idleAfter, claimedUntil, limit }: ClaimOptions,
): Promise<readonly ClaimRow[]> {
  return sql.query<ClaimRow>(
    `with r as (
        insert into recoveries (cart_id, session_id, idle_since, status, claimed_until)
        select c.cart_id, c.session_id, c.last_activity_at, 'claimed', $2 from carts c
          where c.status in ('active', 'abandoned') and c.value_minor > 0 and c.last_activity_at < $1
            and c.last_activity_at >= $4
            and not exists (select 1 from recoveries x where x.cart_id = c.cart_id and x.idle_since = c.last_activity_at)
          order by c.last_activity_at, c.cart_id limit $3
        on conflict do nothing returning *
      ) select ${claimColumns} from r join carts c on c.cart_id = r.cart_id`,
    [idleBefore, claimedUntil, limit, idleAfter],
  );
}

export async function finishRecovery(sql: Sql, id: number, outcome: RecoveryOutcome): Promise<void> {
  const probability = outcome.status === "failed" ? null : outcome.probability;
  const message = outcome.status === "sent" ? JSON.stringify(outcome.message) : null;
  await sql.query("update recoveries set status = $2, probability = $3, message = $4::jsonb where id = $1", [
    id,
    outcome.status,
    probability,
    message,
  ]);
}

/** True while nothing has happened to the cart since it was claimed: a shopper who is back gets no message. */
export async function isStillIdle(sql: Sql, id: number): Promise<boolean> {
  const rows = await sql.query(
    `select 1 from recoveries r join carts c on c.cart_id = r.cart_id
      where r.id = $1 and c.last_activity_at = r.idle_since and c.status in ('active', 'abandoned')`,
    [id],
  );
  return rows.length > 0;
}

function toClaim(row: ClaimRow): ClaimedRecovery {
  return {
    id: row.id,
    cartId: row.cart_id,
    sessionId: row.session_id,
    shopperId: row.shopper_id,
    currency: row.currency,
    items: row.items,
    valueMinor: row.value_minor,
    attempts: row.attempts,
    idleSince: row.idle_since,
    lastSequence: row.last_sequence,
  };
}
