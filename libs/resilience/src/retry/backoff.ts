/** How long to wait before a retry. */
export interface Backoff {
  /** @param retry 1 for the first retry. */
  delayMs(retry: number): number;
}

export interface ExponentialBackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
}

/**
 * Doubling with full jitter: anything between 0 and `baseMs` · 2^(retry−1), at most `maxMs`. Callers that failed together do
 * not come back together (Marc Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function exponentialBackoff({ baseMs, maxMs, random }: ExponentialBackoffOptions): Backoff {
  return {
    delayMs: (retry) => random() * Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, retry - 1), 30)),
  };
}
