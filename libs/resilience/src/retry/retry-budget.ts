/**
 * Bounds the share of retries in a service's load, so that a failing service does not get twice the load. Shared by all callers of the
 * service.
 */
export interface RetryBudget {
  /** Counts a first attempt. */
  deposit(nowMs: number): void;
  /** Takes a retry from the budget, or returns false. */
  tryWithdraw(nowMs: number): boolean;
}

export interface RetryBudgetOptions {
  /** Retries allowed per request: 0.2 lets the load grow by a fifth. */
  readonly ratio: number;
  /** Retries per second that are always allowed, for services with little traffic. */
  readonly retriesPerSecMin: number;
}

const windowMs = 10_000;
const slices = 10;
const sliceMs = windowMs / slices;

/**
 * Counts over the last ten seconds, like Finagle's budget. A share of the requests in progress (Envoy's rule) would refuse most retries
 * at the very moment when a target fails together with all its requests.
 */
export function createRetryBudget({ ratio, retriesPerSecMin }: RetryBudgetOptions): RetryBudget {
  const requests = new Uint32Array(slices);
  const retries = new Uint32Array(slices);
  const reserve = (retriesPerSecMin * windowMs) / 1000;
  let requestsTotal = 0;
  let retriesTotal = 0;
  /** Index of the current slice, from the clock's zero. */
  let current = 0;

  /** The current slice's position, after clearing slices that have left the window. */
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
