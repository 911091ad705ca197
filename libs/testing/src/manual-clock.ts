/** A clock that only moves when told to. Timers fire inside `advance`, in the order of their due times. */
export interface ManualClock {
  /** Milliseconds; starts at the value passed to `createManualClock`. */
  readonly now: () => number;
  /** Resolves when the clock has advanced by `ms`; rejects with the signal's reason when that aborts first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly setTimeout: (callback: () => void, ms: number) => ManualTimer;
  readonly clearTimeout: (timer: ManualTimer) => void;
  /** Advances the clock and runs due timers; after each one, pending microtasks run. */
  advance(ms: number): Promise<void>;
  /** The number of pending timers, to detect leaks. */
  pending(): number;
}

export interface ManualTimer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** @param startMs the first value of `now()`; a real date by default, so that code can format it. */
export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let time = startMs;
  const timers = new Set<ManualTimer>();

  function setTimer(callback: () => void, ms: number): ManualTimer {
    const timer = { dueAt: time + Math.max(0, ms), callback };
    timers.add(timer);
    return timer;
  }

  function nextDue(until: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of timers) {
      if (timer.dueAt <= until && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    }
    return first;
  }

  async function advance(ms: number): Promise<void> {
    const until = time + ms;
    await letMicrotasksRun();
    for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
      timers.delete(timer);
      time = timer.dueAt;
      timer.callback();
      await letMicrotasksRun();
    }
    time = until;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimer(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      function abort(): void {
        timers.delete(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  return {
    now: () => time,
    sleep,
    setTimeout: setTimer,
    clearTimeout: (timer) => void timers.delete(timer),
    advance,
    pending: () => timers.size,
  };
}

/** Waits for a macrotask, by which time every microtask chain started by a timer has reached its next real wait. */
function letMicrotasksRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
