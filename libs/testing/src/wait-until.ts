export interface WaitOptions {
  /** Named in the error when the wait fails. */
  readonly what?: string;
  /** Timeout in milliseconds. Generous, because it only matters for a failing test. */
  readonly timeoutMs?: number;
}

/**
 * Resolves with the first truthy value of `condition`, polled every few milliseconds. For state without an event (a process's memory, a
 * row written elsewhere); otherwise use `createEventLog`. A condition that throws is polled again; its last error is the cause when the
 * wait fails.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { what = "the condition", timeoutMs = 10_000 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined && value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > giveUpAt) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: lastError });
    }
    await Bun.sleep(5);
  }
}
