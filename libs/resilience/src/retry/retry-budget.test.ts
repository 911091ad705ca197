import { describe, expect, test } from "bun:test";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

function withdrawAll(budget: RetryBudget, nowMs: number): number {
  let taken = 0;
  while (taken < 1000 && budget.tryWithdraw(nowMs)) taken += 1;
  return taken;
}

describe("a retry budget", () => {
  test("allows retries of a share of the last ten seconds' requests", () => {
    const budget = createRetryBudget({ ratio: 0.2, retriesPerSecMin: 0 });
    for (let request = 0; request < 100; request += 1) budget.deposit(request * 10);
    expect(withdrawAll(budget, 1000)).toBe(20);
    expect(budget.tryWithdraw(1000)).toBe(false);
  });

  test("can be spent at once, as when a target fails with all its requests", () => {
    const budget = createRetryBudget({ ratio: 0.2, retriesPerSecMin: 0 });
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) budget.deposit(nowMs);
    expect(withdrawAll(budget, 9999)).toBe(200);
  });

  test("forgets requests and retries after ten seconds", () => {
    const budget = createRetryBudget({ ratio: 0.5, retriesPerSecMin: 0 });
    for (let request = 0; request < 10; request += 1) budget.deposit(0);
    expect(withdrawAll(budget, 0)).toBe(5);
    expect(budget.tryWithdraw(9999)).toBe(false);
    budget.deposit(10_000);
    expect(withdrawAll(budget, 10_000)).toBe(1);
    expect(withdrawAll(budget, 1_000_000)).toBe(0);
  });

  test("always allows a few per second, also with little traffic", () => {
    const budget = createRetryBudget({ ratio: 0.2, retriesPerSecMin: 2 });
    expect(withdrawAll(budget, 0)).toBe(20);
    expect(withdrawAll(budget, 10_000)).toBe(20);
  });
});
