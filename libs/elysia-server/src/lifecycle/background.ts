import type { Logger } from "@libs/monitoring";
import { pause } from "@libs/resilience";

/** Work done at intervals, independently of requests. */
export interface RecurringWork {
  /** Used in log lines. */
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
}

/**
 * Runs each piece repeatedly, `everyMs` after its last run has ended. A failure is logged, and the piece runs again at the next interval.
 * @returns a function that stops them and waits for those in progress.
 */
export function startBackground(pieces: readonly RecurringWork[], logger: Logger): () => Promise<void> {
  const ending = new AbortController();
  const running = pieces.map((piece) => repeat(piece, logger, ending.signal));
  return async () => {
    ending.abort();
    await Promise.all(running);
  };
}

async function repeat(
  { name, everyMs, work }: RecurringWork,
  logger: Logger,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    await work().catch((error: unknown) => logger.warn({ work: name, err: error }, "background work failed"));
    await pause(everyMs, ended);
  }
}
