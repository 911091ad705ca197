/** Time as the resilience parts see it: injected, so that a test moves it by hand. */
export interface Clock {
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as that aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      function abort(): void {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
    }),
};
