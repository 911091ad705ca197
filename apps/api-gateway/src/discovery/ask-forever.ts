import { type Clock, exponentialBackoff } from "@libs/resilience";

export interface AskForeverOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Asks once. Resolves with the milliseconds to wait before the next time; MUST end when the signal is aborted. */
  readonly ask: (signal: AbortSignal) => Promise<number>;
  /** Told of every failure; the next try follows after a growing wait. */
  readonly failed: (thrown: unknown) => void;
}

const backoffSettings = { baseMs: 500, maxMs: 30_000 } as const;
/** What full jitter may not go below: a provider that fails at once must not be asked in a tight loop. */
const waitMsMin = 100;

/** Asks a provider again and again. Returns what ends it, at once. */
export function askForever({ clock, random, ask, failed }: AskForeverOptions): () => void {
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
      // Rejects only when it was ended, which the loop sees by itself.
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  void run();
  return () => controller.abort();
}
