import { afterAll, beforeAll, expect, test } from "bun:test";
import { migratePostgreSQL, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import { createBrokerPublisher, createMemoryBroker } from "@libs/messaging";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createManualClock, createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { cartMigrations } from "../carts/cart-migrations.ts";
import { saveCarts } from "../carts/cart-store.ts";
import { emptyCart } from "../carts/fold-cart.ts";
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

test("a recovery whose completion could not be recorded is repeated, and the shopper gets one message", async () => {
  const clock = createManualClock();
  const items = [{ sku: "A", quantity: 1, priceMinor: 100 }];
  const cart = { cartId: "c-1", sessionId: "s-1", shopperId: null, wasAbandoned: false };
  const state = { ...emptyCart, currency: "EUR", items };
  await saveCarts(sql, [{ ...cart, state }], new Date(clock.now()));
  const broker = createMemoryBroker();
  const heard: string[] = [];
  await broker.subscribe("room:cart:s-1", {
    publication: ({ text }) => void heard.push(JSON.parse(text).type),
  });
  const workflow = new RecoveryWorkflow(
    { ...recoveryDefaults, idleMs: 1000, probabilityMin: 0.5 },
    {
      sql,
      services,
      publisher: createBrokerPublisher(broker),
      now: clock.now,
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "ingestion", processMetrics: false }),
    },
  );
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
