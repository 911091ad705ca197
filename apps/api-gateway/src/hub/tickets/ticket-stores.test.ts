import { afterAll, describe, expect, test } from "bun:test";
import { createManualClock, serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { principalOf } from "../../../test/hub/start-hub.ts";
import { createMemoryTickets } from "./memory-tickets.ts";
import { createRedisTickets } from "./redis-tickets.ts";
import { describeTicketStore } from "./ticket-store.contract.ts";
import { ticketMs } from "./ticket-store.ts";

describeTicketStore("tickets in process", () => createMemoryTickets({ now: Date.now }));

test("a ticket expires, and the number of unredeemed ones is bounded", async () => {
  const clock = createManualClock();
  const store = createMemoryTickets({ now: clock.now, ticketsMax: 2 });
  const { ticket, expiresAt } = await store.issue(principalOf("ana"));
  expect(expiresAt).toBe(clock.now() + ticketMs);
  await store.issue(principalOf("ana"));
  expect(store.issue(principalOf("ana"))).rejects.toMatchObject({ code: "overloaded" });
  await clock.advance(ticketMs);
  expect(await store.redeem(ticket)).toBeNull();
  await store.issue(principalOf("ana"));
});

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("ticket stores", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true });
  afterAll(() => redis.disconnect());
  const prefix = `cartway:test:${process.pid}:ticket:`;
  describeTicketStore("tickets on Redis", () => createRedisTickets({ redis, now: Date.now, prefix }));

  test("the store keeps only digests of tickets, which expire", async () => {
    const store = createRedisTickets({ redis, now: Date.now, prefix });
    const { ticket } = await store.issue(principalOf("ana"));
    const keys = await redis.keys(`${prefix}*`);
    expect(keys.some((key) => key.includes(ticket))).toBe(false);
    expect(await redis.pttl(keys[0] ?? "")).toBeGreaterThan(0);
  });
});

test("an unreachable Redis is reported as store_unavailable", async () => {
  const redis = new Redis("redis://127.0.0.1:1", {
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  redis.on("error", () => undefined);
  const store = createRedisTickets({ redis, now: Date.now });
  expect(store.issue(principalOf("ana"))).rejects.toMatchObject({ code: "store_unavailable" });
  expect(store.redeem("a".repeat(32))).rejects.toMatchObject({ code: "store_unavailable" });
});
