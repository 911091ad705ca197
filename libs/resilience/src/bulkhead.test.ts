import { beforeEach, describe, expect, test } from "bun:test";
import { createManualClock, type ManualClock } from "@libs/testing";
import { type Bulkhead, createBulkhead } from "./bulkhead.ts";
import { systemClock } from "./clock.ts";

let clock: ManualClock;
let bulkhead: Bulkhead;

beforeEach(() => {
  clock = createManualClock(0);
  bulkhead = createBulkhead({ concurrencyMax: 2, queueMax: 2, queueMs: 500, clock });
});

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, "code") : error;

describe("a bulkhead", () => {
  test("admits up to its bound at once and refuses beyond the queue", async () => {
    await bulkhead.acquire();
    await bulkhead.acquire();
    expect(bulkhead.tryAcquire()).toBe(false);
    const waiting = [bulkhead.acquire().catch(codeOf), bulkhead.acquire().catch(codeOf)];
    expect(bulkhead.waiting).toBe(2);
    await expect(bulkhead.acquire()).rejects.toMatchObject({ code: "bulkhead_full" });
    await clock.advance(500);
    expect(await Promise.all(waiting)).toEqual(["queue_timeout", "queue_timeout"]);
    expect(bulkhead.waiting).toBe(0);
  });

  test("admits in the order of asking, and nobody slips past those who wait", async () => {
    await bulkhead.acquire();
    await bulkhead.acquire();
    const order: string[] = [];
    const first = bulkhead.acquire().then(() => order.push("first"));
    const second = bulkhead.acquire().then(() => order.push("second"));
    bulkhead.release();
    expect(bulkhead.tryAcquire()).toBe(false);
    await first;
    bulkhead.release();
    await second;
    expect(order).toEqual(["first", "second"]);
    expect(bulkhead.active).toBe(2);
    expect(clock.pending()).toBe(0);
  });

  test("who leaves the queue takes no place, and who leaves as a place comes gives it back", async () => {
    await bulkhead.acquire();
    await bulkhead.acquire();
    const controller = new AbortController();
    const waiting = [bulkhead.acquire(controller.signal), bulkhead.acquire(controller.signal)];
    controller.abort(new Error("left"));
    bulkhead.release();
    const admitted = (await Promise.allSettled(waiting)).filter(
      ({ status }) => status === "fulfilled",
    ).length;
    expect(bulkhead.active).toBe(1 + admitted);
    expect(bulkhead.waiting).toBe(0);
    expect(clock.pending()).toBe(0);
    await expect(bulkhead.acquire(controller.signal)).rejects.toThrow("left");
  });

  test("run gives the place back however the work ends", async () => {
    expect(await bulkhead.run(() => Promise.resolve("done"))).toBe("done");
    await expect(bulkhead.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(bulkhead.active).toBe(0);
  });

  test("without a queue it refuses at once", async () => {
    const strict = createBulkhead({ concurrencyMax: 1, clock: systemClock });
    expect(strict.tryAcquire()).toBe(true);
    await expect(strict.acquire()).rejects.toMatchObject({ code: "bulkhead_full" });
  });
});

describe("the system clock", () => {
  test("sleeps, and wakes at once when the sleeper is called away", async () => {
    const before = systemClock.now();
    await systemClock.sleep(1);
    expect(systemClock.now()).toBeGreaterThan(before);
    const controller = new AbortController();
    const sleep = systemClock.sleep(3_600_000, controller.signal);
    controller.abort(new Error("called away"));
    await expect(sleep).rejects.toThrow("called away");
    await expect(systemClock.sleep(1, controller.signal)).rejects.toThrow("called away");
  });
});
