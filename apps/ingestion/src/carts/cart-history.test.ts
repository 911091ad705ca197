import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ClickHouseClient } from "@libs/database";
import { openingLimitMs } from "@libs/testing";
import { type EventStore, openEventStore } from "../../test/support/open-event-store.ts";
import { toRow } from "../events/events-table.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import { readCartHistories } from "./cart-history.ts";

let store: EventStore;

beforeAll(async () => {
  store = await openEventStore();
}, openingLimitMs);

afterAll(() => store.close());

const begin = Date.UTC(2026, 0, 1);

/** Adds one of the only item, so that its quantity is the number of events in the cart. */
function add(cartId: string, sequence: number, atMs = sequence): StoredEvent {
  const items = [{ sku: "A", quantity: 1, priceMinor: 100 }];
  const sessionId = `s-${cartId}`;
  const occurredAtMs = begin + atMs;
  const event = { id: `e-${sequence}`, type: "add_to_cart", sessionId, cartId, items, occurredAtMs } as const;
  return { event: { ...event, currency: "EUR", contentHash: 1, contentChars: 1 }, sequence };
}

async function insert(events: readonly StoredEvent[]): Promise<void> {
  await store.clickhouse.insertLines(
    "events",
    events.map(({ event, sequence }) => toRow(event, sequence)).join("\n"),
  );
}

const quantityOf = (cart: { state: { items: readonly { quantity: number }[] } } | undefined) =>
  cart?.state.items[0]?.quantity;

test("a long cart is folded in small steps without blocking the thread, and each event is folded exactly once", async () => {
  const many = Array.from({ length: 1001 }, (_, index) => add("long", index + 1, Math.floor(index / 7)));
  await insert(many);
  await insert([add("short", 5000), add("short", 5001)]);
  const pieces: number[] = [];
  const query = async <Row>(...statement: Parameters<ClickHouseClient["query"]>) => {
    const rows = await store.clickhouse.query<Row>(...statement);
    pieces.push(rows.length);
    return rows;
  };
  const carts = await readCartHistories({ query }, ["long", "short"]);
  expect(pieces).toEqual([250, 250, 250, 250, 3]);
  expect(carts.map((cart) => [cart.cartId, quantityOf(cart), cart.state.lastSequence])).toEqual([
    ["long", 1001, 1001],
    ["short", 2, 5001],
  ]);
});

test("events that arrive while a cart is read are in none of its steps, and count as not folded", async () => {
  await insert(Array.from({ length: 600 }, (_, index) => add("busy", index + 1)));
  let reads = 0;
  const query = async <Row>(...statement: Parameters<ClickHouseClient["query"]>) => {
    const rows = await store.clickhouse.query<Row>(...statement);
    reads += 1;
    // one event behind the page that was read, and one ahead of it
    if (reads === 1) await insert([add("busy", 7001, 10), add("busy", 7002, 9000)]);
    return rows;
  };
  const [cart] = await readCartHistories({ query }, ["busy"]);
  expect(reads).toBeGreaterThan(1);
  expect([quantityOf(cart), cart?.state.lastSequence]).toEqual([600, 600]);
});
