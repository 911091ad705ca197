import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTemporaryDirectory, openingLimitMs, type TemporaryDirectory } from "@libs/testing";
import { type RunningIngestion, startIngestion } from "./support/start-ingestion.ts";

let directory: TemporaryDirectory;
let ingestion: RunningIngestion;
let count = 0;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  ingestion = await startIngestion(directory.path, { journalDirectory: directory.file("journal") });
}, openingLimitMs);

afterAll(async () => {
  await ingestion.stop();
  await directory.remove();
});

function add(cartId: string, quantity: number): object {
  count += 1;
  const items = [{ sku: "A", quantity, priceMinor: 1000 }];
  return { id: `e-${count}`, type: "add_to_cart", sessionId: `s-${cartId}`, cartId, currency: "EUR", items };
}

async function restart(): Promise<void> {
  await ingestion.stop();
  ingestion = await startIngestion(directory.path, { journalDirectory: directory.file("journal") });
}

async function quantityOf(cartId: string): Promise<number | undefined> {
  const { body } = await ingestion.get(`/carts/${cartId}`);
  return (body as { items?: { quantity: number }[] }).items?.[0]?.quantity;
}

test("events are acknowledged while carts cannot be written, and are in their carts afterwards", async () => {
  await ingestion.post(add("c-1", 1));
  await ingestion.get("/carts/c-1");
  await ingestion.sql.query("alter table carts rename to carts_away");
  expect(await ingestion.post(add("c-1", 2))).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(await ingestion.get("/carts/c-1")).toMatchObject({ status: 500 });
  await ingestion.sql.query("alter table carts_away rename to carts");
  expect(await ingestion.post(add("c-1", 4))).toMatchObject({ status: 200 });
  await restart();
  expect(await quantityOf("c-1")).toBe(7);
});

test("no event is missing from its cart if the clock was set back before a start", async () => {
  await ingestion.post(add("c-ahead", 1));
  await ingestion.get("/carts/c-ahead");
  await ingestion.sql.query("update carts set last_sequence = last_sequence + 4096::bigint * 3600000");
  await restart();
  await ingestion.sql.query("alter table carts rename to carts_away");
  expect(await ingestion.post(add("c-behind", 2))).toMatchObject({ status: 200 });
  expect(await ingestion.get("/carts/c-behind")).toMatchObject({ status: 500 });
  await ingestion.sql.query("alter table carts_away rename to carts");
  await restart();
  expect(await quantityOf("c-behind")).toBe(2);
});

test("an event that another process has folded already is not counted twice", async () => {
  await ingestion.post(add("c-2", 1));
  await ingestion.get("/carts/c-2");
  // the state left by an instance that folded this cart up to an event that was not stored yet
  await ingestion.sql.query(
    "update carts set last_sequence = last_sequence + 4096 * 60000 where cart_id = 'c-2'",
  );
  await ingestion.post(add("c-2", 2));
  expect(await quantityOf("c-2")).toBe(3);
  await ingestion.post(add("c-2", 4));
  expect(await quantityOf("c-2")).toBe(7);
});

test("a late event is folded at its time, together with events that arrive at once with it", async () => {
  const at = (minute: number) => ({
    occurredAt: new Date(Date.now() - 3_600_000 + minute * 60_000).toISOString(),
  });
  await ingestion.post([
    { ...add("c-3", 1), ...at(1) },
    { ...add("c-3", 5), type: "update_quantity", ...at(3) },
  ]);
  expect(await quantityOf("c-3")).toBe(5);
  await ingestion.post([
    { ...add("c-3", 9), type: "update_quantity", ...at(2) },
    { ...add("c-3", 1), ...at(4) },
    { ...add("c-4", 2), ...at(4) },
  ]);
  expect([await quantityOf("c-3"), await quantityOf("c-4")]).toEqual([6, 2]);
});

test("a merged part is synced to disk before the parts that it replaces are removed", async () => {
  const [row] = await ingestion.clickhouse.query<{ ddl: string }>(
    "SELECT create_table_query AS ddl FROM system.tables WHERE name = 'events'",
  );
  expect(row?.ddl).toContain("fsync_after_insert = 1");
  expect(row?.ddl).toContain("min_rows_to_fsync_after_merge = 1");
});

test("a cart that cannot be stored delays neither others nor the next start", async () => {
  const stored = { id: "e-nul", type: "add_to_cart", session_id: "s-nul", cart_id: "c-nul", currency: "EUR" };
  const items = JSON.stringify([{ sku: "A", quantity: 1, priceMinor: 1, name: "a\0b" }]);
  const row = { ...stored, items, occurred_at: (Date.now() / 1000).toFixed(3), sequence: Date.now() * 4096 };
  await ingestion.clickhouse.insertLines("events", JSON.stringify(row), {});
  await ingestion.post(add("c-beside", 1));
  await restart();
  expect(await ingestion.get("/carts/c-nul")).toMatchObject({ status: 404 });
  expect(await quantityOf("c-beside")).toBe(1);
  await ingestion.post(add("c-beside", 2));
  expect(await quantityOf("c-beside")).toBe(3);
});

test("no accepted event produces a cart that cannot be stored", async () => {
  const line = (sku: number) => ({
    sku: `sku-${sku}`,
    quantity: 100_000,
    priceMinor: 1e12,
    name: "\u007f\t🛒",
  });
  const items = Array.from({ length: 500 }, (_, sku) => line(sku));
  await ingestion.post([
    { ...add("c-huge", 1), items },
    { ...add("c-huge", 1), items },
  ]);
  expect(await quantityOf("c-huge")).toBe(100_000);
  expect(await ingestion.post({ ...add("c-bad", 1), items: [{ ...line(1), name: "a\0b" }] })).toMatchObject({
    status: 422,
  });
});
