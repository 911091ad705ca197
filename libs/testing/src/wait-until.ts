export interface WaitOptions {
  /** Named in the error when the wait fails. */
  readonly what?: string;
  /** How long to wait before giving up, in milliseconds. Generous: it only bounds a failure. */
  readonly timeoutMs?: number;
}

/**
 * Resolves with the first truthy value that `condition` gives, looking every few milliseconds. For what has no event to
 * await (a process's memory, a row written elsewhere); where there is an event, use `createEventLog`. A condition that
 * throws is looked at again; its last error is the cause when the wait fails.
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
