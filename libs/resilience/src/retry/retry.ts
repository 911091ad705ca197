import { CartwayError } from "@libs/errors";
import type { Clock } from "../clock.ts";
import type { Backoff } from "./backoff.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetryOptions {
  /** Calls in all, the first included. */
  readonly attemptsMax: number;
  readonly backoff: Backoff;
  /** Whether the same call, made again, is safe and can succeed. Required: nobody else can know. */
  readonly isRetryable: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly budget?: RetryBudget;
  /** Ends the waiting and is handed to each attempt. */
  readonly signal?: AbortSignal;
  /** What the failing side asked for, in milliseconds; a `CartwayError`'s `retryAfterSeconds` by default. */
  readonly retryAfterMs?: (error: unknown) => number | null;
  /** A longer wait than this is not made: the error is thrown at once. 10 s by default. */
  readonly delayMsMax?: number;
  /** Told before each wait. */
  readonly onRetry?: (retry: {
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
  }) => void;
}

/**
 * Makes a call again where that is safe, after a wait: the backoff's, or the longer one that `Retry-After` asked for. Gives up
 * with the last error when attempts or the budget are used up.
 *
 * @param work gets the number of the attempt, 1 for the first.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { budget } = options;
  budget?.begin();
  try {
    return await attempts(work, options);
  } finally {
    budget?.end();
  }
}

async function attempts<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, budget, signal, onRetry } = options;
  let holdsPlace = false;
  try {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await work(attempt);
      } catch (error) {
        const delayMs = delayAfter(attempt, error, options);
        if (delayMs === null) throw error;
        // One place in the budget for all further attempts of this call.
        holdsPlace ||= budget?.tryRetry() ?? true;
        if (!holdsPlace) throw error;
        onRetry?.({ attempt: attempt + 1, delayMs, error });
        await clock.sleep(delayMs, signal);
      }
    }
  } finally {
    if (holdsPlace) budget?.endRetry();
  }
}

/** How long to wait after a failed attempt; `null` where there is no further one. */
function delayAfter(attempt: number, error: unknown, options: RetryOptions): number | null {
  const { attemptsMax, backoff, isRetryable, signal, retryAfterMs = askedFor, delayMsMax = 10_000 } = options;
  if (attempt >= attemptsMax || signal?.aborted === true || !isRetryable(error)) return null;
  const delayMs = Math.max(backoff.delayMs(attempt), retryAfterMs(error) ?? 0);
  return delayMs <= delayMsMax ? delayMs : null;
}

function askedFor(error: unknown): number | null {
  return error instanceof CartwayError && error.retryAfterSeconds !== undefined
    ? error.retryAfterSeconds * 1000
    : null;
}
