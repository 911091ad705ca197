import { type Clock, exponentialBackoff } from "@libs/resilience";

export interface PollProviderOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Queries the provider once. Resolves with the milliseconds until the next query; MUST settle when the signal is aborted. */
  readonly ask: (signal: AbortSignal) => Promise<number>;
  /** Called with every failure; the next query follows with exponential backoff. */
  readonly failed: (thrown: unknown) => void;
}

const backoffSettings = { baseMs: 500, maxMs: 30_000 } as const;
/** Full jitter may give 0: a provider that fails at once must not be queried in a tight loop. */
const waitMsMin = 100;

/** Queries a provider until the returned function is called, which aborts the query in progress. */
export function pollProvider({ clock, random, ask, failed }: PollProviderOptions): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const backoff = exponentialBackoff({ ...backoffSettings, random });

  async function run(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        waitMs = await ask(signal);
        failures = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        failed(thrown);
        failures += 1;
        waitMs = Math.max(waitMsMin, backoff.delayMs(failures));
      }
      // rejects only when aborted, which the loop's condition sees
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  void run();
  return () => controller.abort();
}
