/** Computes the delay before a retry. */
export interface Backoff {
  /** @param retry 1 for the first retry. */
  delayMs(retry: number): number;
}

export interface ExponentialBackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Exponential backoff with full jitter: a random delay from 0 to `baseMs` · 2^(retry−1), at most `maxMs`. Callers that failed together do
 * not retry together (Marc Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function exponentialBackoff({ baseMs, maxMs, random }: ExponentialBackoffOptions): Backoff {
  return {
    delayMs: (retry) => random() * Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, retry - 1), 30)),
  };
}
