import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { createEventLog } from "@libs/testing";
import type { StoredEvent } from "../events/stored-event.ts";
import { CartFollower, type CartFollowerOptions } from "./cart-follower.ts";

interface Call {
  readonly sequences: readonly number[];
  readonly end: () => void;
  readonly fail: () => void;
}

/** A follower whose folds and repairs end when the test says so. */
async function follower({
  repaired = true,
  ...options
}: Partial<CartFollowerOptions> & { repaired?: boolean } = {}) {
  const folds = createEventLog<Call>();
  const repairs = createEventLog<{ missed: number | null; end: () => void; fail: () => void }>();
  const waiting: number[] = [];
  const carts = new CartFollower(
    {
      projection: {
        fold: (changes) =>
          new Promise((resolve, reject) => {
            const sequences = changes.map(({ sequence }) => sequence);
            folds.push({ sequences, end: resolve, fail: () => reject(new Error("PostgreSQL is away")) });
          }),
        catchUp: (missed) =>
          new Promise((resolve, reject) => {
            repairs.push({ missed, end: () => resolve(1), fail: () => reject(new Error("away")) });
          }),
      },
      logger: createMemoryLogger().logger,
      onWaiting: (events) => waiting.push(events),
      onFolded: () => undefined,
    },
    { paceMs: 1, ...options },
  );
  if (repaired) {
    const first = carts.repair();
    (await repairs.next()).end();
    await first;
  }
  return { carts, folds, repairs, waiting };
}

function stored(sequence: number, type: "add_to_cart" | "view_page" = "add_to_cart"): StoredEvent {
  const event = {
    id: `e-${sequence}`,
    type,
    sessionId: "s",
    cartId: "c",
    occurredAtMs: sequence,
    contentHash: 0,
    contentChars: 0,
  };
  return { event, sequence };
}

test("one fold runs at a time: events that arrive meanwhile are folded together, in order", async () => {
  const { carts, folds, waiting } = await follower();
  carts.follow([stored(1)]);
  const first = await folds.next();
  carts.follow([stored(2)]);
  carts.follow([stored(3), stored(4, "view_page")]);
  first.end();
  const second = await folds.next();
  expect([first.sequences, second.sequences]).toEqual([[1], [2, 3]]);
  const done = carts.caughtUp();
  second.end();
  await done;
  expect(waiting.at(-1)).toBe(0);
});

test("a reader waits for what was stored before, not for later events", async () => {
  const { carts, folds } = await follower({ paceMs: 60_000 });
  await carts.caughtUp();
  carts.follow([stored(1)]);
  const done = carts.caughtUp();
  const first = await folds.next();
  carts.follow([stored(2)]);
  first.end();
  await done;
  // nobody waits for the second fold, so it is delayed until somebody does
  expect(folds.all.length).toBe(1);
  const hurried = carts.caughtUp();
  (await folds.next()).end();
  await hurried;
});

test("after a failed fold nothing is folded until a repair from the first missed event", async () => {
  const { carts, folds, repairs } = await follower();
  carts.follow([stored(5)]);
  const reader = carts.caughtUp();
  (await folds.next()).fail();
  await reader;
  carts.follow([stored(6)]);
  const repairing = carts.repair();
  const repair = await repairs.next();
  expect(repair.missed).toBe(5);
  carts.follow([stored(7)]);
  expect(folds.all.length).toBe(1);
  repair.end();
  expect(await repairing).toBe(1);
  expect((await folds.next()).sequences).toEqual([7]);
});

test("events that may or may not be stored are left to a repair, with those waiting before them", async () => {
  const { carts, folds, repairs } = await follower();
  carts.follow([stored(1)]);
  const first = await folds.next();
  carts.follow([stored(2)]);
  carts.doubt([stored(3, "view_page"), stored(4)]);
  carts.follow([stored(5)]);
  first.end();
  void carts.repair();
  expect((await repairs.next()).missed).toBe(2);
  expect(folds.all.length).toBe(1);
});

test("a failed repair leaves the carts behind the log, from the same event on", async () => {
  const { carts, repairs, folds } = await follower({ repaired: false });
  carts.follow([stored(3)]);
  const failing = carts.repair();
  const repair = await repairs.next();
  carts.follow([stored(4)]);
  repair.fail();
  expect(await failing.catch((error: Error) => error.message)).toBe("away");
  void carts.repair();
  expect((await repairs.next()).missed).toBe(3);
  expect(folds.all.length).toBe(0);
});

test("buffered events are bounded: beyond it the carts are caught up from the log", async () => {
  const { carts, folds, repairs } = await follower({ waitingEventsMax: 3 });
  carts.follow([stored(1)]);
  const first = await folds.next();
  carts.follow([stored(2), stored(3), stored(4)]);
  carts.follow([stored(5)]);
  first.end();
  void carts.repair();
  expect((await repairs.next()).missed).toBe(2);
  expect(folds.all.length).toBe(1);
});

test("carts without missed events need no repair", async () => {
  const { carts } = await follower();
  expect(await carts.repair()).toBe(0);
});
