import type { BreakerStrategy } from "./strategy.ts";

export interface FailureRateOptions {
  /** The share of failed calls above which it opens, 0 to 1. */
  readonly ratioMax: number;
  /** Length of the sliding window. */
  readonly windowMs: number;
  /** The minimum number of calls in the window before it can open: 1 of 2 is not a rate. */
  readonly callsMin: number;
}

/** Slices of the window: counts lag by at most a tenth of it. */
const slices = 10;

/** Opens by the share of failures in a sliding window, in constant memory. */
export function failureRate({ ratioMax, windowMs, callsMin }: FailureRateOptions): BreakerStrategy {
  const sliceMs = windowMs / slices;
  const calls = new Uint32Array(slices);
  const failures = new Uint32Array(slices);
  let callsTotal = 0;
  let failuresTotal = 0;
  /** Index of the current slice, from the clock's zero. */
  let current = 0;

  /** The current slice's position, after clearing slices that have left the window. */
  function place(nowMs: number): number {
    const slice = Math.floor(nowMs / sliceMs);
    if (slice - current >= slices) clear();
    else for (let passed = current + 1; passed <= slice; passed += 1) empty(passed % slices);
    if (slice > current) current = slice;
    return current % slices;
  }

  function empty(index: number): void {
    callsTotal -= calls[index] ?? 0;
    failuresTotal -= failures[index] ?? 0;
    calls[index] = 0;
    failures[index] = 0;
  }

  function clear(): void {
    calls.fill(0);
    failures.fill(0);
    callsTotal = 0;
    failuresTotal = 0;
  }

  function count(list: Uint32Array, index: number): void {
    list[index] = (list[index] ?? 0) + 1;
  }

  return {
    onSuccess(nowMs) {
      count(calls, place(nowMs));
      callsTotal += 1;
    },
    onFailure(nowMs) {
      const index = place(nowMs);
      count(calls, index);
      count(failures, index);
      callsTotal += 1;
      failuresTotal += 1;
      return callsTotal >= callsMin && failuresTotal > ratioMax * callsTotal;
    },
    reset: clear,
  };
}
