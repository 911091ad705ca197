import type { Logger } from "@libs/monitoring";

export interface RepeatOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Logger;
}

/**
 * Does a piece of work again and again, each time when the one before has ended. What fails is logged and tried again at the
 * next beat. @returns what ends it, after the piece under way.
 */
export function repeat(
  work: () => Promise<unknown>,
  { name, everyMs, logger }: RepeatOptions,
): () => Promise<void> {
  const ended = Promise.withResolvers<void>();
  const state = { isEnded: false };
  let wake: (() => void) | null = null;

  async function loop(): Promise<void> {
    while (!state.isEnded) {
      await work().catch((error: unknown) =>
        logger.warn({ work: name, err: error }, "background work failed"),
      );
      if (state.isEnded) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    ended.resolve();
  }

  void loop();
  return () => {
    state.isEnded = true;
    wake?.();
    return ended.promise;
  };
}
