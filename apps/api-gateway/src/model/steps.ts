import { Pace } from "@libs/resilience";
import type { MaybePromise } from "./maybe-promise.ts";

/** Work divided into steps: a step runs synchronously, and other work may run between two steps. */
export type Steps<T> = Generator<void, T, void>;

/** How long a slice may delay requests, unless a single step takes longer. */
const sliceMs = 2;

/** Runs all steps synchronously. Throws what a step throws. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Runs the steps in slices, with requests and timers in between. Rejects with what a step throws. */
export async function runInSlices<T>(steps: Steps<T>, ms = sliceMs): Promise<T> {
  const pace = new Pace(ms);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const turn = pace.turn();
    if (turn !== null) await turn;
  }
}

/** Does something with each part, in slices. Rejects with the first failure. */
export async function doInSlices<T>(
  parts: Iterable<T>,
  work: (part: T) => MaybePromise<void>,
): Promise<void> {
  const pace = new Pace(sliceMs);
  for (const part of parts) {
    await work(part);
    const turn = pace.turn();
    if (turn !== null) await turn;
  }
}
