/**
 * Bounds how much of the load towards a service may be retries, so that a service which fails is not asked twice as much. The
 * same budget is shared by everything that calls the service.
 */
export interface RetryBudget {
  /** A request was made for the first time. */
  deposit(nowMs: number): void;
  /** Takes a retry out of the budget, or says no. */
  tryWithdraw(nowMs: number): boolean;
}

export interface RetryBudgetOptions {
  /** How many retries a request pays for: 0.2 lets the load grow by a fifth. */
  readonly ratio: number;
  /** Retries a second that are always allowed, so that a service with little traffic has any. */
  readonly retriesPerSecMin: number;
}

const windowMs = 10_000;
const slices = 10;
const sliceMs = windowMs / slices;

/**
 * Counts over the last ten seconds, as Finagle's budget does: a share of the requests under way (Envoy's rule) would refuse most
 * retries at the very moment a target dies with all that it was sent.
 */
export function createRetryBudget({ ratio, retriesPerSecMin }: RetryBudgetOptions): RetryBudget {
  const requests = new Uint32Array(slices);
  const retries = new Uint32Array(slices);
  const reserve = (retriesPerSecMin * windowMs) / 1000;
  let requestsTotal = 0;
  let retriesTotal = 0;
  /** Number of the slice that is being filled, counted from the clock's zero. */
  let current = 0;

  /** The place of the present slice, after those that have left the window were emptied. */
  function place(nowMs: number): number {
    const slice = Math.floor(nowMs / sliceMs);
    const passed = Math.min(slice - current, slices);
    for (let step = 1; step <= passed; step += 1) empty((slice - passed + step) % slices);
    if (passed > 0) current = slice;
    return current % slices;
  }

  function empty(index: number): void {
    requestsTotal -= requests[index] ?? 0;
    retriesTotal -= retries[index] ?? 0;
    requests[index] = 0;
    retries[index] = 0;
  }

  return {
    deposit(nowMs) {
      const index = place(nowMs);
      requests[index] = (requests[index] ?? 0) + 1;
      requestsTotal += 1;
    },
    tryWithdraw(nowMs) {
      const index = place(nowMs);
      if (retriesTotal >= reserve + requestsTotal * ratio) return false;
      retries[index] = (retries[index] ?? 0) + 1;
      retriesTotal += 1;
      return true;
    },
  };
}
