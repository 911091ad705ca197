import { expect, test } from "bun:test";
import { GuardedLimiter, type OnStoreError } from "./guarded-limiter.ts";
import { InProcessLimiter } from "./in-process-limiter.ts";
import { LeasedLimiter } from "./leased-limiter.ts";
import type { RateDecision, RateLimiter } from "./rate-limiter.ts";

let time = 0;
const rates = [{ name: "daily", limit: 2, windowMs: 86_400_000 }];
const inProcess = () => new InProcessLimiter({ rates, keysMax: 10, monotonicNow: () => time });

function create(onStoreError: OnStoreError, behave: () => Promise<RateDecision>) {
  let asked = 0;
  const source: RateLimiter = {
    rates,
    take() {
      asked += 1;
      return behave();
    },
    async charge() {
      await behave();
    },
    async reset() {
      await behave();
    },
    async close() {
      await behave();
    },
  };
  const errors: unknown[] = [];
  const fallbacks: string[] = [];
  const limiter = new GuardedLimiter({
    source,
    onStoreError,
    local: inProcess(),
    timeoutMs: 5,
    pauseMs: 1000,
    monotonicNow: () => time,
    onError: (error) => errors.push(error),
    onFallback: (mode) => fallbacks.push(mode),
  });
  return { limiter, errors, fallbacks, asked: () => asked };
}

const refuse = (): Promise<RateDecision> => Promise.reject(new Error("connection lost"));
const hang = (): Promise<RateDecision> => new Promise(() => undefined);
const answer = async (): Promise<RateDecision> => ({ allowed: true, retryAfterMs: 0, states: [] });

test("without the store, deny refuses, allow admits, and local limits in this process, each counted", async () => {
  const outcome = async (mode: OnStoreError) => {
    const { limiter, fallbacks, errors } = create(mode, refuse);
    const passed: (boolean | "store away")[] = [];
    for (let index = 0; index < 4; index += 1) {
      const { allowed, storeIsAway } = await limiter.take("user", 1);
      passed.push(storeIsAway === true ? "store away" : allowed);
    }
    expect([errors.length, fallbacks]).toEqual([1, [mode, mode, mode, mode]]);
    return passed;
  };
  expect(await outcome("deny")).toEqual(Array(4).fill("store away"));
  expect(await outcome("allow")).toEqual([true, true, true, true]);
  expect(await outcome("local")).toEqual([true, true, false, false]);
});

test("calls to a hanging store time out, and pause before the next attempt", async () => {
  const { limiter, asked, errors } = create("deny", hang);
  expect((await limiter.take("user", 1)).allowed).toBe(false);
  expect(limiter.take("user", 1)).not.toBeInstanceOf(Promise);
  expect(asked()).toBe(1);
  time += 1001;
  await limiter.take("user", 1);
  expect([asked(), errors.length]).toEqual([2, 2]);
  expect(limiter.reset("user")).rejects.toThrow("the store did not answer within 5 ms");
});

test("while the store answers, its decision applies", async () => {
  const { limiter, fallbacks } = create("deny", answer);
  expect((await limiter.take("user", 1)).allowed).toBe(true);
  await limiter.charge("user", 1);
  await limiter.reset("user");
  await limiter.close();
  expect(fallbacks).toEqual([]);
});

test("charging through an outage charges this process and reports the store once", async () => {
  const { limiter, errors } = create("local", refuse);
  await limiter.charge("user", 2);
  await limiter.charge("user", 1);
  expect(errors.length).toBe(1);
  expect((await limiter.take("user", 1)).allowed).toBe(false);
  expect(limiter.reset("user")).rejects.toThrow("connection lost");
  await limiter.close();
});

test("a process spends only its leased budget during an outage", async () => {
  const exact = inProcess();
  let isAway = false;
  const source: RateLimiter = {
    rates,
    take: async (key, cost) => (isAway ? refuse() : exact.take(key, cost)),
    charge: async (key, cost) => exact.charge(key, cost),
    reset: async (key) => exact.reset(key),
    close: () => exact.close(),
  };
  const onError = (): void => undefined;
  const leased = new LeasedLimiter({
    source,
    share: 1,
    leaseMs: 1000,
    keysMax: 10,
    monotonicNow: () => time,
    onError,
  });
  const fallbacks: string[] = [];
  const limiter = new GuardedLimiter({
    source: leased,
    onStoreError: "deny",
    local: inProcess(),
    timeoutMs: 1000,
    pauseMs: 1000,
    monotonicNow: () => time,
    onError,
    onFallback: (mode) => fallbacks.push(mode),
  });
  expect((await limiter.take("user", 1)).allowed).toBe(true);
  isAway = true;
  expect((await limiter.take("stranger", 1)).allowed).toBe(false);
  expect((await limiter.take("user", 1)).allowed).toBe(true);
  expect((await limiter.take("user", 1)).allowed).toBe(false);
  expect((await limiter.take("stranger", 1)).allowed).toBe(false);
  expect(fallbacks).toEqual(["deny", "deny", "deny"]);
});
