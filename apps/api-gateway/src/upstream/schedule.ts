import type { Clock } from "@libs/resilience";

/** Runs `work` after `ms` milliseconds of the clock. @returns a function that cancels it */
export function schedule(clock: Clock, ms: number, work: () => void): () => void {
  const controller = new AbortController();
  // `sleep` rejects only when it is aborted
  clock.sleep(ms, controller.signal).then(work, () => undefined);
  return () => controller.abort();
}
