import type { Logger } from "@libs/monitoring";

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
  const ends = pieces.map((piece) => repeat(piece, logger));
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}

function repeat({ name, everyMs, work }: RecurringWork, logger: Logger): () => Promise<void> {
  const state = { isEnded: false };
  let wake: () => void = () => undefined;

  async function run(): Promise<void> {
    while (!state.isEnded) {
      await work().catch((error: unknown) =>
        logger.warn({ work: name, err: error }, "background work failed"),
      );
      // ended while it was under way
      if (state.isEnded) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, everyMs);
      wake = resolve;
      await promise;
      clearTimeout(timer);
    }
  }

  const ended = run();
  return () => {
    state.isEnded = true;
    wake();
    return ended;
  };
}
