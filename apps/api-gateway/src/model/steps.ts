/** Work in steps: each is done at once, and between two of them something else may be. */
export type Steps<T> = Generator<void, T, void>;

/** Longest time for which requests wait for a slice of such work, where no single step takes longer. */
const sliceMs = 8;

/** Does all of it now. Throws what a step throws. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Does it in slices, between which requests and timers have their turn. Rejects with what a step throws. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  const pace = new Pace();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const turn = pace.turn();
    if (turn !== null) await turn;
  }
}

/** Tells long work when it is others' turn. */
export class Pace {
  #since = performance.now();

  /** What to wait for; `null` while the slice lasts. */
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
