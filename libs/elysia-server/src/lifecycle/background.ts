import type { Logger } from "@libs/monitoring";
import { pause } from "@libs/resilience";

/** Work that time asks for, and no request. */
export interface RecurringWork {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
}

/**
 * Does each piece again and again, each time when its last one has ended and `everyMs` has passed. What fails is logged and tried
 * again at the next beat. @returns what ends them all, after the pieces under way.
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
