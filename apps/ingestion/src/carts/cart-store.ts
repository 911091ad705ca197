import type { Sql } from "@libs/database";
import { type Cart, type CartIdentity, type CartRow, type CartStatus, toCart, toColumns } from "./cart.ts";
import type { CartState } from "./fold-cart.ts";

export interface CartToSave extends CartIdentity {
  readonly state: CartState;
  readonly wasAbandoned: boolean;
}

export interface CartQuery {
  readonly status: CartStatus | null;
  readonly minValueMinor: number;
  readonly limit: number;
  /** The last `cartId` of the previous page. */
  readonly after: string;
}

export async function findCart(sql: Sql, cartId: string): Promise<Cart | null> {
  const [row] = await sql.query<CartRow>("select * from carts where cart_id = $1", [cartId]);
  return row === undefined ? null : toCart(row);
}

export async function listCarts(
  sql: Sql,
  { status, minValueMinor, limit, after }: CartQuery,
): Promise<readonly Cart[]> {
  const rows = await sql.query<CartRow>(
    `select * from carts
      where ($1::text is null or status = $1) and value_minor >= $2 and cart_id > $3 order by cart_id limit $4`,
    [status, minValueMinor, after, limit],
  );
  return rows.map(toCart);
}

/**
 * The rows of these carts, locked until the transaction ends. Always in the order of their ids, as everywhere that several are written,
 * to avoid deadlocks; rows that refer to a cart need not wait.
 */
export async function lockCarts(sql: Sql, cartIds: readonly string[]): Promise<ReadonlyMap<string, CartRow>> {
  const rows = await sql.query<CartRow>(
    "select * from carts where cart_id = any($1::text[]) order by cart_id for no key update",
    [cartIds],
  );
  return new Map(rows.map((row) => [row.cart_id, row]));
}

/**
 * An empty row for each cart that has none, so that it can be locked: two transactions with the first events of a cart would otherwise not see each
 * other. MUST be followed by `lockCarts` in the same transaction, and by `saveCarts`; waits for a row that another transaction is inserting.
 */
export async function openCarts(sql: Sql, cartIds: readonly string[], now: Date): Promise<void> {
  await sql.query(
    `insert into carts (cart_id, session_id, status, items, value_minor, checkout_started, purchased, created_at,
        last_activity_at, last_event_at, last_sequence)
      select id, '', 'active', '[]', 0, false, false, $2, $2, 'epoch', 0 from unnest($1::text[]) as id
      where not exists (select 1 from carts where cart_id = id) order by id on conflict do nothing`,
    [cartIds, now],
  );
}

/** Writes the carts' current state, in one statement. `activeAt` is the time of their last activity. */
export async function saveCarts(sql: Sql, carts: readonly CartToSave[], activeAt: Date): Promise<void> {
  if (carts.length === 0) return;
  const columns = carts.map((cart) => toColumns(cart, cart.state, cart.wasAbandoned));
  await sql.query(
    `insert into carts (cart_id, session_id, shopper_id, status, currency, items, value_minor, checkout_started,
        purchased, created_at, last_activity_at, last_event_at, last_sequence)
      select cart_id, session_id, shopper_id, status, currency, items, value_minor, checkout_started,
        purchased, $2, $2, last_event_at, last_sequence
      from jsonb_to_recordset($1::jsonb) as cart (cart_id text, session_id text, shopper_id text, status text,
        currency text, items jsonb, value_minor bigint, checkout_started boolean, purchased boolean,
        last_event_at timestamptz, last_sequence bigint)
      on conflict (cart_id) do update set
        session_id = excluded.session_id, shopper_id = coalesce(excluded.shopper_id, carts.shopper_id),
        status = excluded.status, currency = excluded.currency, items = excluded.items,
        value_minor = excluded.value_minor, checkout_started = excluded.checkout_started,
        purchased = excluded.purchased, last_activity_at = greatest(carts.last_activity_at, excluded.last_activity_at),
        last_event_at = excluded.last_event_at, last_sequence = excluded.last_sequence,
        abandoned_at = case when excluded.status = 'active' then null else carts.abandoned_at end`,
    [JSON.stringify(columns), activeAt],
  );
}

/** Page views count as activity of the shopper's open carts, which are then not idle. */
export async function touchSessions(
  sql: Pick<Sql, "query">,
  sessionIds: readonly string[],
  activeAt: Date,
): Promise<void> {
  await sql.query(
    `with held as (select cart_id from carts where session_id = any($1::text[]) and status = 'active'
        order by cart_id for no key update)
      update carts set last_activity_at = greatest(last_activity_at, $2) from held where carts.cart_id = held.cart_id`,
    [sessionIds, activeAt],
  );
}

/** Marks carts idle since `before` as abandoned. @returns how many. */
export async function abandonIdleCarts(sql: Sql, before: Date, now: Date): Promise<number> {
  const rows = await sql.query(
    `with held as (select cart_id from carts where status = 'active' and last_activity_at < $1 and value_minor > 0
        order by cart_id for no key update)
      update carts set status = 'abandoned', abandoned_at = $2 from held where carts.cart_id = held.cart_id returning 1`,
    [before, now],
  );
  return rows.length;
}
