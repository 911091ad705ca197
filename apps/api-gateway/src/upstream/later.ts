import type { Clock } from "@libs/resilience";

/** Runs `work` after `ms` milliseconds of the clock, unless what it returns is called before. */
export function later(clock: Clock, ms: number, work: () => void): () => void {
  const controller = new AbortController();
  // A sleep rejects for no other reason than that it was called off.
  clock.sleep(ms, controller.signal).then(work, () => undefined);
  return () => controller.abort();
}
