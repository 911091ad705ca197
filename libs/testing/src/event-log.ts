import type { WaitOptions } from "./wait-until.ts";

/** Records the arguments of a callback, and lets a test await the one it needs, past or future. */
export interface EventLog<T> {
  /** Everything seen, oldest first. */
  readonly all: readonly T[];
  readonly push: (event: T) => void;
  /** The first matching event, from the beginning; waits for it if necessary. */
  find(matches: (event: T) => boolean, options?: WaitOptions): Promise<T>;
  /** The next event that `next` has not returned yet. */
  next(options?: WaitOptions): Promise<T>;
  /** Resolves when at least `count` events have come. */
  atLeast(count: number, options?: WaitOptions): Promise<readonly T[]>;
}

export function createEventLog<T>(): EventLog<T> {
  const all: T[] = [];
  const watchers = new Set<() => void>();
  let taken = 0;

  /** Runs `look` now and after each event until it returns a value. */
  function awaitEvent<R>(look: () => R | undefined, options: WaitOptions = {}): Promise<R> {
    const { what = "an event", timeoutMs = 10_000 } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(watch);
        reject(new Error(`waited ${timeoutMs} ms in vain for ${what}; ${all.length} events had come`));
      }, timeoutMs);
      function watch(): void {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        watchers.delete(watch);
        resolve(found);
      }
      watchers.add(watch);
      watch();
    });
  }

  return {
    all,
    push(event) {
      all.push(event);
      for (const watch of watchers) watch();
    },
    async find(matches, options) {
      const index = await awaitEvent(() => found(all.findIndex(matches)), options);
      return at(all, index);
    },
    async next(options) {
      const index = await awaitEvent(() => (taken < all.length ? taken++ : undefined), options);
      return at(all, index);
    },
    atLeast(count, options) {
      return awaitEvent(() => (all.length >= count ? all : undefined), options);
    },
  };
}

function found(index: number): number | undefined {
  return index < 0 ? undefined : index;
}

function at<T>(events: readonly T[], index: number): T {
  const [event] = events.slice(index, index + 1);
  if (event === undefined) throw new Error(`no event at ${index}`);
  return event;
}
