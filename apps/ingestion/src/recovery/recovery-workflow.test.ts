import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { migratePostgreSQL, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import { createBrokerPublisher, createMemoryBroker } from "@libs/messaging";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createManualClock, createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { cartMigrations } from "../carts/cart-migrations.ts";
import { saveCarts } from "../carts/cart-store.ts";
import { type CartState, emptyCart } from "../carts/fold-cart.ts";
import type { RecoveryServices } from "./recovery-services.ts";
import { recoveryDefaults, type RecoverySettings, RecoveryWorkflow } from "./recovery-workflow.ts";

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
async function leaveCart(recoveryServices: RecoveryServices, settings: Partial<RecoverySettings> = {}) {
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
    { ...recoveryDefaults, idleMs: 1000, probabilityMin: 0.5, ...settings },
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

test("a shopper gets no more messages within a day than the budget allows, however often carts are left", async () => {
  const { clock, save, heard, workflow, broker } = await leaveCart(services, {
    budget: { perHourMax: 100, perShopperMax: 2 },
  });
  for (let visit = 0; visit < 3; visit += 1) {
    await save();
    await clock.advance(2000);
    expect(await workflow.run()).toBe(1);
  }
  expect(await outcomes()).toEqual(["sent", "sent", "over_budget"]);
  expect(heard.filter((type) => type === "recovery_message")).toHaveLength(2);
  await clock.advance(86_400_000);
  await save();
  await clock.advance(2000);
  await workflow.run();
  expect(await outcomes()).toEqual(["sent", "sent", "over_budget", "sent"]);
  await broker.close();
});

test("no more messages are written within an hour than the budget allows, repeated attempts included", async () => {
  let written = 0;
  const { clock, workflow, broker } = await leaveCart(
    {
      ...services,
      compose() {
        written += 1;
        return Promise.reject(new Error("no model"));
      },
    },
    { budget: { perHourMax: 2, perShopperMax: 100 } },
  );
  await clock.advance(2000);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await workflow.run();
    await clock.advance(recoveryDefaults.claimMs + 1);
  }
  expect(written).toBe(2);
  expect(await outcomes()).toEqual(["over_budget"]);
  await broker.close();
});

test("a cart that was left long before recoveries were turned on gets no message", async () => {
  const { clock, workflow, broker } = await leaveCart(services);
  await clock.advance(recoveryDefaults.idleMsMax + 1);
  expect(await workflow.run()).toBe(0);
  await broker.close();
});

async function outcomes(): Promise<readonly string[]> {
  const rows = await sql.query<{ status: string }>("select status from recoveries order by id");
  return rows.map(({ status }) => status);
}
