import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTemporaryDirectory, openingLimitMs, type TemporaryDirectory, waitUntil } from "@libs/testing";
import type { RecoveryServices } from "../src/recovery/recovery-services.ts";
import { type RunningIngestion, startIngestion } from "./support/start-ingestion.ts";

/** What a recovery waits for before it goes on. */
let predicted: Promise<void> = Promise.resolve();

const services: RecoveryServices = {
  async predict() {
    await predicted;
    return { probability: 0.9, reasons: [] };
  },
  compose: () => Promise.resolve({ subject: "Your cart", body: "It waits.", offer: null, provider: "model" }),
};

let directory: TemporaryDirectory;
let ingestion: RunningIngestion;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  const recovery = { idleMs: 100, probabilityMin: 0.5 };
  const journalDirectory = directory.file("journal");
  ingestion = await startIngestion(directory.path, { recovery, journalDirectory }, services);
}, openingLimitMs);

afterAll(async () => {
  await ingestion.stop();
  await directory.remove();
});

async function post(cartId: string, type: string, fields: object = {}): Promise<void> {
  const items = [{ sku: "A", quantity: 1, priceMinor: 1000 }];
  const sessionId = `s-${cartId}`;
  const event = { id: `${cartId}-${type}`, type, sessionId, cartId, currency: "EUR", items, ...fields };
  expect(await ingestion.post(event)).toMatchObject({ status: 200, body: { accepted: 1 } });
}

async function outcomeOf(cartId: string): Promise<unknown> {
  let outcome: unknown = undefined;
  const ended = "select status from recoveries where cart_id = $1 and status <> 'claimed'";
  await waitUntil(
    async () => {
      [outcome] = await ingestion.sql.query(ended, [cartId]);
      return outcome !== undefined;
    },
    { what: "the recovery to end" },
  );
  return outcome;
}

test("a shopper whose cart contains all of its events gets a message", async () => {
  await post("c-left", "add_to_cart");
  await ingestion.get("/carts/c-left");
  expect(await outcomeOf("c-left")).toEqual({ status: "sent" });
});

test("a shopper who bought on a device whose clock is behind gets no message", async () => {
  await post("c-behind", "add_to_cart");
  await post("c-behind", "purchase", { occurredAt: new Date(Date.now() - 300_000).toISOString() });
  await ingestion.get("/carts/c-behind");
  expect(await outcomeOf("c-behind")).toEqual({ status: "declined" });
});

test("a shopper whose purchase was acknowledged gets no message while carts cannot be written", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  predicted = promise;
  await ingestion.sql.query("alter table carts add constraint away check (not purchased)");
  await post("c-bought", "add_to_cart");
  await ingestion.get("/carts/c-bought");
  await post("c-bought", "purchase");
  resolve();
  expect(await outcomeOf("c-bought")).toEqual({ status: "declined" });
  const channels = ingestion.published.all.map(({ channel }) => channel);
  expect(channels).not.toContain("room:cart:s-c-bought");
  await ingestion.sql.query("alter table carts drop constraint away");
});
