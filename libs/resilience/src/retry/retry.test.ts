import { describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createManualClock } from "@libs/testing";
import { constantBackoff } from "./backoff.ts";
import { type RetryOptions, retry } from "./retry.ts";
import { createRetryBudget } from "./retry-budget.ts";

function setup(options: Partial<RetryOptions> = {}) {
  const clock = createManualClock(0);
  const settings: RetryOptions = {
    attemptsMax: 3,
    backoff: constantBackoff({ delayMs: 100 }),
    isRetryable: () => true,
    clock,
    ...options,
  };
  return { clock, settings };
}

/** Fails with each error in turn, then succeeds. */
function failing(...errors: readonly unknown[]): { readonly work: () => Promise<string>; calls: number } {
  const script = [...errors];
  const state = {
    calls: 0,
    work: () => {
      state.calls += 1;
      return script.length > 0 ? Promise.reject(script.shift()) : Promise.resolve("done");
    },
  };
  return state;
}

describe("retry", () => {
  test("gives the first answer without waiting", async () => {
    const { settings, clock } = setup();
    expect(await retry(failing().work, settings)).toBe("done");
    expect(clock.now()).toBe(0);
  });

  test("waits before each further attempt and gives up with the last error", async () => {
    const retries: unknown[] = [];
    const { clock, settings } = setup({
      onRetry: ({ attempt, delayMs }) => retries.push([attempt, delayMs]),
    });
    const failures = failing(new Error("one"), new Error("two"), new Error("three"));
    const result = retry(failures.work, settings).catch((error: unknown) => error);
    await clock.advance(99);
    expect(failures.calls).toBe(1);
    await clock.advance(1);
    expect(failures.calls).toBe(2);
    await clock.advance(100);
    expect(await result).toEqual(new Error("three"));
    expect(retries).toEqual([
      [2, 100],
      [3, 100],
    ]);
  });

  test("does not repeat what is not retryable", async () => {
    const { settings } = setup({ isRetryable: () => false });
    const failures = failing(new Error("no"));
    await expect(retry(failures.work, settings)).rejects.toThrow("no");
    expect(failures.calls).toBe(1);
  });

  test("waits as long as Retry-After asks, and not at all where that is too long", async () => {
    const { clock, settings } = setup({ delayMsMax: 5000 });
    const asked = retry(failing(new CartwayError("rate_limited", { retryAfterSeconds: 2 })).work, settings);
    await clock.advance(2000);
    expect(await asked).toBe("done");
    const tooLong = failing(new CartwayError("rate_limited", { retryAfterSeconds: 6 }));
    await expect(retry(tooLong.work, settings)).rejects.toMatchObject({ code: "rate_limited" });
    expect(tooLong.calls).toBe(1);
  });

  test("a caller that leaves ends the wait at once, and nothing waits on", async () => {
    const controller = new AbortController();
    const { clock, settings } = setup({ signal: controller.signal });
    const result = retry(failing(new Error("one")).work, settings).catch((error: unknown) => error);
    await clock.advance(50);
    controller.abort(new Error("left"));
    expect(await result).toEqual(new Error("left"));
    expect(clock.pending()).toBe(0);
    await expect(retry(failing().work, settings)).rejects.toThrow("left");
  });

  test("an error after the caller has left is not retried", async () => {
    const controller = new AbortController();
    const { settings } = setup({ signal: controller.signal });
    const work = () => {
      controller.abort(new Error("left"));
      return Promise.reject(new Error("broken"));
    };
    await expect(retry(work, settings)).rejects.toThrow("broken");
  });

  test("the budget bounds retries, not first attempts, and gets its places back", async () => {
    const budget = createRetryBudget({ retriesMin: 1, ratio: 0.2 });
    const { clock, settings } = setup({ budget });
    const results = [1, 2, 3].map((number) =>
      retry(failing(new Error(`call ${number}`)).work, settings).catch((error: unknown) => error),
    );
    await clock.advance(100);
    expect(await Promise.all(results)).toEqual(["done", new Error("call 2"), new Error("call 3")]);
    expect(budget.refusals).toBe(2);
    const later = retry(failing(new Error("one"), new Error("two")).work, settings);
    await clock.advance(200);
    expect(await later).toBe("done");
  });
});

describe("a retry budget", () => {
  test("allows a fifth of what is under way, and three at least", () => {
    const budget = createRetryBudget();
    const takeAll = () => {
      let taken = 0;
      while (budget.tryRetry()) taken += 1;
      for (let place = 0; place < taken; place += 1) budget.endRetry();
      return taken;
    };
    expect(takeAll()).toBe(3);
    for (let request = 0; request < 50; request += 1) budget.begin();
    expect(takeAll()).toBe(10);
    for (let request = 0; request < 50; request += 1) budget.end();
    expect(takeAll()).toBe(3);
  });
});
