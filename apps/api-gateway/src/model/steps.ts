/** Work divided into steps: a step runs synchronously, and other work may run between two steps. */
export type Steps<T> = Generator<void, T, void>;

/** How long a slice may delay requests, unless a single step takes longer. */
const sliceMs = 8;

/** Runs all steps synchronously. Throws what a step throws. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Runs the steps in slices, with requests and timers in between. Rejects with what a step throws. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  const pace = new Pace();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const turn = pace.turn();
    if (turn !== null) await turn;
  }
}

/** Tells long-running work when to yield. */
export class Pace {
  #since = performance.now();

  /** A promise to await before continuing; `null` while the slice lasts. */
  turn(): Promise<void> | null {
    if (performance.now() - this.#since < sliceMs) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => {
      this.#since = performance.now();
      resolve();
    });
    return promise;
  }
}
