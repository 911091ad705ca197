import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createMemoryBroker } from "@libs/messaging";
import { createManualClock } from "@libs/testing";
import { Sessions, type SessionLeft } from "./sessions.ts";

function start({ leaseMs = 10_000 } = {}) {
  const clock = createManualClock();
  const { leases } = createMemoryBroker({ now: clock.now });
  const store = { isAway: false };
  const reported: SessionLeft[] = [];
  const config = { leaseMs };
  const refused: string[] = [];
  const service = { refuses: (_event: SessionLeft): boolean => false };
  const create = () =>
    new Sessions({
      leases: {
        renew: (ids, ms) => (store.isAway ? Promise.reject(new Error("away")) : leases.renew(ids, ms)),
        takeExpired: (limit, retryMs) => leases.takeExpired(limit, retryMs),
        settle: (expired) => leases.settle(expired),
      },
      leaseMs: () => config.leaseMs,
      reportLeft: async (events) => {
        if (events.some(service.refuses)) throw new CartwayError("validation_failed");
        reported.push(...events);
      },
      onRefused: (sessionId) => void refused.push(sessionId),
      onError: () => {},
      now: clock.now,
    });
  return { clock, store, reported, refused, service, config, create };
}

test("after a store outage longer than a lease, sessions that are renewed late do not count as left", async () => {
  const { clock, store, reported, create } = start();
  const [first, second] = [create(), create()];
  await clock.advance(10_000);
  second.enter("session-of-the-second");
  await second.tick();
  store.isAway = true;
  await clock.advance(60_000);
  await first.tick().catch(() => undefined);
  store.isAway = false;
  await first.tick();
  await second.tick();
  await clock.advance(5000);
  await first.tick();
  expect(reported).toEqual([]);
});

test("a new instance reports no session as left before its client could reconnect", async () => {
  const { clock, reported, create } = start();
  const before = create();
  before.enter("session-of-a-shopper");
  await clock.advance(20_000);
  const after = create();
  await after.tick();
  expect(reported).toEqual([]);
  await clock.advance(5000);
  await after.tick();
  expect(reported.map(({ sessionId }) => sessionId)).toEqual(["session-of-a-shopper"]);
});

test("a tick reports all sessions that have left, however many they are", async () => {
  const { clock, reported, create } = start();
  const sessions = create();
  for (let number = 0; number < 1200; number++) {
    sessions.enter(`session-${number}`);
    sessions.leave({ sessionId: `session-${number}` });
  }
  await clock.advance(20_000);
  await sessions.tick();
  expect(reported.length).toBe(1200);
});

test("a session that the service refuses, as clients choose the ids, does not hold up the others", async () => {
  const { clock, reported, refused, service, create } = start();
  const sessions = create();
  const ids = ["first", "bad", "third", "fourth", "fifth"];
  for (const sessionId of ids) {
    sessions.enter(sessionId);
    sessions.leave({ sessionId });
  }
  service.refuses = ({ sessionId }) => sessionId === "bad";
  await clock.advance(20_000);
  await sessions.tick();
  expect(reported.map(({ sessionId }) => sessionId)).toEqual(ids.filter((id) => id !== "bad"));
  expect(refused).toEqual(["bad"]);
  await clock.advance(20_000);
  await sessions.tick();
  expect(refused).toEqual(["bad"]);
});

test("leases are renewed several times per lease period, also after a reload shortens it", async () => {
  const { config, create } = start({ leaseMs: 60_000 });
  const sessions = create();
  await sessions.tick();
  expect(sessions.isDue()).toBe(false);
  config.leaseMs = 4;
  await Bun.sleep(2);
  expect(sessions.isDue()).toBe(true);
});
