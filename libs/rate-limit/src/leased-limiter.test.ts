import { expect, test } from "bun:test";
import { InProcessLimiter } from "./in-process-limiter.ts";
import { LeasedLimiter } from "./leased-limiter.ts";
import type { Rate } from "./rate.ts";
import type { RateDecision, RateLimiter } from "./rate-limiter.ts";

let time = 0;
const rate: Rate = { name: "daily", limit: 100, windowMs: 86_400_000 };

/** A source that counts what it is asked and answers later, as one over a network does. */
class CountingSource implements RateLimiter {
  readonly rates = [rate];
  readonly exact = new InProcessLimiter({ rates: [rate], keysMax: 100, monotonicNow: () => time });
  asked = 0;
  broken = false;
  /** Answers wait for it. */
  gate: Promise<void> | null = null;
  #isClosed = false;

  async take(key: string, cost: number, weight?: number): Promise<RateDecision> {
    this.asked += 1;
    if (this.gate !== null) await this.gate;
    if (this.broken) throw new Error("the source is away");
    return this.exact.take(key, cost, weight);
  }
  async charge(key: string, cost: number, weight?: number): Promise<void> {
    if (this.broken || this.#isClosed) throw new Error("the source is away");
    this.exact.charge(key, cost, weight);
  }
  async reset(key: string): Promise<void> {
    this.exact.reset(key);
  }
  async close(): Promise<void> {
    this.#isClosed = true;
  }
}

function create(keysMax = 10) {
  const source = new CountingSource();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const limiter = new LeasedLimiter({
    source,
    share: 0.2,
    leaseMs: 1000,
    keysMax,
    monotonicNow: () => time,
    onError,
  });
  return { source, limiter, errors };
}

test("a typical request is decided at once, without a call to the source", async () => {
  const { source, limiter } = create();
  await limiter.take("user", 1);
  for (let index = 0; index < 9; index += 1) expect(limiter.take("user", 1)).not.toBeInstanceOf(Promise);
  expect(source.asked).toBe(1);
});

test("a refusal is repeated without a call until it may have changed", async () => {
  const { source, limiter } = create();
  while ((await limiter.take("user", 1)).allowed) continue;
  const { asked } = source;
  for (let index = 0; index < 100; index += 1) expect((await limiter.take("user", 1)).allowed).toBe(false);
  expect(source.asked).toBe(asked);
  time += 1001;
  expect((await limiter.take("user", 1)).allowed).toBe(false);
  expect(source.asked).toBeGreaterThan(asked);
});

test("an unused lease is returned when it expires", async () => {
  const { source, limiter } = create();
  await limiter.take("user", 1);
  expect(source.exact.take("user", 0).states[0]?.remaining).toBe(80);
  time += 1001;
  await limiter.take("other", 1);
  await Promise.resolve();
  expect(source.exact.take("user", 0).states[0]?.remaining).toBe(99);
});

test("a lease in use is refilled in the background, every five lease periods", async () => {
  const { source, limiter } = create();
  await limiter.take("user", 1);
  for (let second = 0; second < 25; second += 1) {
    for (let tenth = 0; tenth < 10; tenth += 1) {
      time += 101;
      expect(limiter.take("user", 0.01)).not.toBeInstanceOf(Promise);
    }
    await new Promise(setImmediate);
  }
  expect(source.asked).toBe(1 + 5);
  expect(source.exact.take("user", 0).states[0]?.remaining).toBeGreaterThanOrEqual(73);
});

test("requests larger than a slice, and keys beyond the maximum, ask the source", async () => {
  const { source, limiter } = create(1);
  await limiter.take("a", 1);
  await limiter.take("b", 1);
  await limiter.take("b", 1);
  await limiter.take("a", 50);
  expect(source.asked).toBe(4);
  await limiter.charge("a", 5);
  await limiter.reset("b");
  expect(source.exact.take("a", 0).states[0]?.remaining).toBe(100 - 20 - 50 - 5);
});

test("a failed background refill is reported, and the request that needs it fails", async () => {
  const { source, limiter, errors } = create();
  await limiter.take("user", 1);
  source.broken = true;
  for (let index = 0; index < 19; index += 1) expect((await limiter.take("user", 1)).allowed).toBe(true);
  expect(errors.length).toBeGreaterThan(0);
  expect(Promise.resolve(limiter.take("user", 1))).rejects.toThrow("away");
});

test.each(["reset", "close"] as const)(
  "tokens granted after the %s are returned to the source",
  async (end) => {
    const { source, limiter } = create();
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const taken = limiter.take("user", 1);
    const ended = Promise.resolve(limiter[end]("user"));
    gate.resolve();
    expect((await taken).allowed).toBe(true);
    await ended;
    expect(source.exact.take("user", 0).states[0]?.remaining).toBe(99);
  },
);

test("the reported budget is the caller's own, weight included", async () => {
  const { limiter } = create();
  await limiter.take("user", 1, 2);
  expect((await limiter.take("user", 1, 2)).states[0]?.remaining).toBe(160);
});
