import type { BreakerStrategy } from "./strategy.ts";

export interface FailureRateOptions {
  /** Opens when more than this share of the calls has failed, 0 to 1. */
  readonly ratioMax: number;
  /** How far back calls count. */
  readonly windowMs: number;
  /** Below this many calls in the window nothing opens: 1 of 2 is no rate. */
  readonly callsMin: number;
}

/** Slices of the window: what is counted lags behind by at most a tenth of it. */
const slices = 10;

/** Opens by the share of failures over a sliding window, in constant memory. */
export function failureRate({ ratioMax, windowMs, callsMin }: FailureRateOptions): BreakerStrategy {
  const sliceMs = windowMs / slices;
  const calls = new Uint32Array(slices);
  const failures = new Uint32Array(slices);
  let callsTotal = 0;
  let failuresTotal = 0;
  /** Number of the slice that is being filled, counted from the clock's zero. */
  let current = 0;

  /** The place of the present slice, after those that have left the window were emptied. */
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
