/**
 * Bounds how much of the load towards a service may be retries, so that a service which fails is not asked twice as much. The
 * same budget is shared by everything that calls the service.
 */
export interface RetryBudget {
  /** A request is under way, until `end`. */
  begin(): void;
  end(): void;
  /** Takes a place for a retry, or says no. A taken place MUST be given back with `endRetry`. */
  tryRetry(): boolean;
  endRetry(): void;
  /** Retries refused so far. */
  readonly refusals: number;
}

export interface RetryBudgetOptions {
  /** Share of the requests under way that may be retries; 0.2 by default, as Envoy's `budget_percent`. */
  readonly ratio?: number;
  /** This many retries at once are always allowed; 3 by default, as Envoy's `min_retry_concurrency`. */
  readonly retriesMin?: number;
}

export function createRetryBudget({ ratio = 0.2, retriesMin = 3 }: RetryBudgetOptions = {}): RetryBudget {
  let requests = 0;
  let retries = 0;
  let refusals = 0;
  return {
    begin() {
      requests += 1;
    },
    end() {
      requests -= 1;
    },
    tryRetry() {
      const allowed = retries < Math.max(retriesMin, Math.floor(requests * ratio));
      if (allowed) retries += 1;
      else refusals += 1;
      return allowed;
    },
    endRetry() {
      retries -= 1;
    },
    get refusals() {
      return refusals;
    },
  };
}
