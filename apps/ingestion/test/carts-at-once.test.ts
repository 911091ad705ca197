import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type ClickHouseClient,
  migratePostgreSQL,
  openPostgreSQL,
  type PostgreSQLClient,
} from "@libs/database";
import { createMemoryLogger } from "@libs/monitoring";
import { openingLimitMs, serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { cartMigrations } from "../src/carts/cart-migrations.ts";
import { CartProjection } from "../src/carts/cart-projection.ts";
import { abandonIdleCarts, findCart, lockCarts, saveCarts, touchSessions } from "../src/carts/cart-store.ts";
import { emptyCart } from "../src/carts/fold-cart.ts";
import type { CartEvent } from "../src/events/cart-event.ts";
import { toRow } from "../src/events/events-table.ts";
import { parseEvent } from "../src/events/parse-event.ts";
import { reserveMessage } from "../src/recovery/message-budget.ts";
import { claimRecoveries } from "../src/recovery/recovery-store.ts";
import { type EventStore, openEventStore } from "./support/open-event-store.ts";

const url = serverUrl("postgresql");
const then = new Date(Date.now() - 3_600_000);
const database = `carts_${crypto.randomUUID().replaceAll("-", "")}`;

/** So many pieces, at the same moment as all others. */
function addTo(cartId: string, quantity: number): CartEvent {
  const items = [{ sku: "A", quantity, priceMinor: 100 }];
  const parsed = parseEvent(
    { id: `${cartId}-${quantity}`, type: "add_to_cart", sessionId: "s-1", cartId, currency: "EUR", items },
    then.getTime(),
  );
  if (!parsed.ok) throw new Error(parsed.rejection.message);
  return parsed.event;
}

describe.skipIf(url === null)(serverSuiteName("Carts of several instances", "postgresql"), () => {
  let server: PostgreSQLClient;
  let sql: PostgreSQLClient;
  let store: EventStore;

  beforeAll(async () => {
    store = await openEventStore();
    server = await openPostgreSQL({ url: url ?? "", poolSize: 1 });
    await server.query(`create database ${database}`);
    const own = new URL(url ?? "");
    own.pathname = `/${database}`;
    sql = await openPostgreSQL({ url: own.href });
    await migratePostgreSQL(sql, cartMigrations);
  }, openingLimitMs);

  afterAll(async () => {
    await store.close();
    await sql.close();
    await server.query(`drop database ${database} with (force)`);
    await server.close();
  });

  /** In this physical order, which a query without `order by` returns. */
  async function makeCarts(...cartIds: readonly string[]): Promise<void> {
    await sql.query("truncate carts cascade");
    for (const cartId of cartIds) {
      const items = [{ sku: "A", quantity: 1, priceMinor: 100 }];
      const cart = { cartId, sessionId: "s-1", shopperId: null, wasAbandoned: false };
      await saveCarts(sql, [{ ...cart, state: { ...emptyCart, currency: "EUR", items } }], then);
    }
  }

  async function waitFor(statements: number): Promise<void> {
    const waiting = "select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
    await waitUntil(async () => (await server.query(waiting, [database])).length === statements, {
      what: `${statements} statements to wait for a lock`,
    });
  }

  test.each([
    ["touches a visit", () => touchSessions(sql, ["s-1"], new Date())],
    ["abandons carts", () => abandonIdleCarts(sql, new Date(), new Date())],
  ] as const)(
    "a fold and what %s lock the same carts in one order, without deadlock",
    async (_what, other) => {
      await makeCarts("z", "a", "m");
      const outcomes = await sql.transaction(async (holder) => {
        await lockCarts(holder, ["m"]);
        const fold = sql.transaction((transaction) => lockCarts(transaction, ["a", "m", "z"]));
        await waitFor(1);
        const beside = other();
        await waitFor(2);
        return [fold, beside];
      });
      expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
      ]);
    },
  );

  test("two instances that fold a cart's first events at the same time lose none", async () => {
    const { clickhouse } = store;
    const { logger } = createMemoryLogger();
    const instance = () => new CartProjection({ sql, clickhouse, now: Date.now, logger, isAlone: false });
    const [one, other] = [instance(), instance()];
    for (let round = 0; round < 20; round += 1) {
      const cartId = `new-${round}-${crypto.randomUUID()}`;
      const events = [1, 2].map((sequence) => ({ event: addTo(cartId, sequence), sequence }));
      await clickhouse.insertLines(
        "events",
        events.map((each) => toRow(each.event, each.sequence)).join("\n"),
      );
      await Promise.all([one.fold(events.slice(0, 1)), other.fold(events.slice(1))]);
      expect((await findCart(sql, cartId))?.items).toMatchObject([{ sku: "A", quantity: 3 }]);
    }
  });

  test("an event stored by two instances at the same time counts once in its cart", async () => {
    const { clickhouse } = store;
    const { logger } = createMemoryLogger();
    const instance = () => new CartProjection({ sql, clickhouse, now: Date.now, logger, isAlone: false });
    const [one, other] = [instance(), instance()];
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const event = addTo(first, 3);
    const stored = [1, 2].map((sequence) => ({ event, sequence }));
    await clickhouse.insertLines("events", stored.map((each) => toRow(each.event, each.sequence)).join("\n"));
    await other.fold(stored.slice(1));
    await one.fold(stored.slice(0, 1));
    expect((await findCart(sql, first))?.items).toMatchObject([{ sku: "A", quantity: 3 }]);
    const [early, late] = [1, 2].map((sequence) => ({ event: addTo(second, 3), sequence }));
    if (early === undefined || late === undefined) throw new Error("there are two");
    await clickhouse.insertLines("events", toRow(early.event, early.sequence));
    await one.fold([early]);
    await clickhouse.insertLines("events", toRow(late.event, late.sequence));
    await other.fold([late]);
    expect((await findCart(sql, second))?.items).toMatchObject([{ sku: "A", quantity: 3 }]);
  });

  test("a recovery can be claimed while its cart is being folded", async () => {
    await makeCarts("a");
    const claimed = await sql.transaction(async (fold) => {
      await lockCarts(fold, ["a"]);
      const now = new Date();
      return await claimRecoveries(sql, {
        idleBefore: now,
        idleAfter: new Date(0),
        claimedUntil: now,
        now,
        limit: 4,
        attemptsMax: 5,
      });
    });
    expect(claimed.map(({ cartId }) => cartId)).toEqual(["a"]);
  });

  test("concurrent recoveries are bounded, and those with expired claims come first", async () => {
    await makeCarts("a", "b", "c", "d");
    const claim = async (limit: number, now: Date) => {
      const claimed = await claimRecoveries(sql, {
        idleBefore: now,
        idleAfter: new Date(0),
        claimedUntil: new Date(now.getTime() + 1000),
        now,
        limit,
        attemptsMax: 5,
      });
      return claimed.map(({ cartId, attempts }) => `${cartId} ${attempts}`).toSorted();
    };
    const began = new Date();
    expect(await claim(2, began)).toEqual(["a 1", "b 1"]);
    expect(await claim(3, new Date(began.getTime() + 2000))).toEqual(["a 2", "b 2", "c 1"]);
  });

  test("no parameter of a fold is longer than a ClickHouse server takes, however many events it has", async () => {
    const lengths: number[] = [];
    const clickhouse: Pick<ClickHouseClient, "query"> = {
      query(text, parameters = {}) {
        const lists = Object.values(parameters).filter((value) => Array.isArray(value));
        lengths.push(...lists.map((list) => JSON.stringify(list).length));
        return store.clickhouse.query(text, parameters);
      },
    };
    const events = Array.from({ length: 2000 }, (_, index) => {
      const event = addTo("many", index + 1);
      return { event: { ...event, sessionId: `${index}`.padStart(100, "s") }, sequence: index + 1 };
    });
    const rows = events.map(({ event, sequence }) => toRow(event, sequence));
    await store.clickhouse.insertLines("events", rows.join("\n"));
    const { logger } = createMemoryLogger();
    await new CartProjection({ sql, clickhouse, now: Date.now, logger, isAlone: false }).fold(events);
    expect((await findCart(sql, "many"))?.items).toMatchObject([{ sku: "A", quantity: 100_000 }]);
    expect(Math.max(...lengths)).toBeLessThan(131_072);
  });

  test("instances together write no more messages than the budget allows", async () => {
    const carts = ["a", "b", "c", "d"];
    await makeCarts(...carts);
    const now = new Date();
    const claimedUntil = new Date(now.getTime() + 1000);
    const claims = { idleBefore: now, idleAfter: new Date(0), claimedUntil, now, limit: 4, attemptsMax: 5 };
    const claimed = await claimRecoveries(sql, claims);
    const budget = { perHourMax: 3, perShopperMax: 100 };
    const reserving = await sql.transaction(async (holder) => {
      await holder.query("select 1 from recoveries for update");
      const all = claimed.map((cart) => reserveMessage(sql, cart, { budget, now }));
      await waitFor(all.length);
      return all;
    });
    const reserved = await Promise.all(reserving);
    expect(reserved.filter(Boolean)).toHaveLength(3);
  });
});
