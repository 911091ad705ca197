/** Tells long-running work when to let the event loop turn, so that it does not delay requests. */
export class Pace {
  readonly #sliceMs: number;
  #since = performance.now();

  /** @param sliceMs how long the work may go on at a time */
  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs;
  }

  /** A promise to await before continuing; `null` while the slice lasts. */
  turn(): Promise<void> | null {
    if (performance.now() - this.#since < this.#sliceMs) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => {
      this.#since = performance.now();
      resolve();
    });
    return promise;
  }
}
