import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { migratePostgreSQL, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import { createBrokerPublisher, createMemoryBroker } from "@libs/messaging";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createManualClock, createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { cartMigrations } from "../carts/cart-migrations.ts";
import { saveCarts } from "../carts/cart-store.ts";
import { type CartState, emptyCart } from "../carts/fold-cart.ts";
import type { RecoveryServices } from "./recovery-services.ts";
import { recoveryDefaults, RecoveryWorkflow } from "./recovery-workflow.ts";

const directory = await createTemporaryDirectory();
let sql: PostgreSQLClient;

beforeAll(async () => {
  sql = await openPostgreSQL({ directory: directory.path });
  await migratePostgreSQL(sql, cartMigrations);
}, openingLimitMs);

afterAll(async () => {
  await sql.close();
  await directory.remove();
});

const services: RecoveryServices = {
  predict: () => Promise.resolve({ probability: 0.9, reasons: [] }),
  compose: () =>
    Promise.resolve({ subject: "Your cart", body: "It waits.", offer: null, provider: "template" }),
};

afterEach(async () => {
  await sql.query("delete from recoveries");
  await sql.query("delete from carts");
});

/** An abandoned cart, and the frames that its shopper receives. */
async function leaveCart(recoveryServices: RecoveryServices) {
  const clock = createManualClock();
  const items = [{ sku: "A", quantity: 1, priceMinor: 100 }];
  const cart = { cartId: "c-1", sessionId: "s-1", shopperId: null, wasAbandoned: false };
  const state = { ...emptyCart, currency: "EUR", items };
  const save = (changes: Partial<CartState> = {}) =>
    saveCarts(sql, [{ ...cart, state: { ...state, ...changes } }], new Date(clock.now()));
  await save();
  const broker = createMemoryBroker();
  const heard: string[] = [];
  await broker.subscribe("room:cart:s-1", {
    publication: ({ text }) => void heard.push(JSON.parse(text).type),
  });
  const workflow = new RecoveryWorkflow(
    { ...recoveryDefaults, idleMs: 1000, probabilityMin: 0.5 },
    {
      sql,
      services: recoveryServices,
      hasReturned: () => Promise.resolve(false),
      publisher: createBrokerPublisher(broker),
      now: clock.now,
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "ingestion", processMetrics: false }),
    },
  );
  return { clock, save, heard, workflow, broker };
}

test("a shopper who buys while the message is being written gets no more of it", async () => {
  const { clock, save, heard, workflow, broker } = await leaveCart({
    ...services,
    async compose(_cart, onText) {
      await onText("Your cart waits.");
      await save({ purchased: true });
      await onText("Take 10 % off.");
      return { subject: "Your cart", body: "", offer: null, provider: "model" };
    },
  });
  await clock.advance(2000);
  expect(await workflow.run()).toBe(1);
  expect(heard).toEqual(["cart_at_risk", "recovery_message_delta"]);
  expect(await sql.query("select status from recoveries")).toEqual([{ status: "declined" }]);
  await broker.close();
});

test("a recovery whose completion could not be recorded is repeated, and the shopper gets one message", async () => {
  const { clock, heard, workflow, broker } = await leaveCart(services);
  await clock.advance(2000);
  await sql.query("alter table recoveries add constraint no_end check (status = 'claimed')");
  expect(await workflow.run()).toBe(1);
  await sql.query("alter table recoveries drop constraint no_end");
  expect(await workflow.run()).toBe(0);
  await clock.advance(recoveryDefaults.claimMs + 1);
  expect(await workflow.run()).toBe(1);
  expect(await sql.query("select status, attempts from recoveries")).toEqual([
    { status: "sent", attempts: 2 },
  ]);
  expect(heard).toEqual(["cart_at_risk", "recovery_message"]);
  await broker.close();
});
