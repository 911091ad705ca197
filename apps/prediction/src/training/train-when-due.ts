import type { ModelKeeper } from "./model-keeper.ts";

export interface Schedule {
  /** From one training to the next, restarts or not. */
  readonly everyMs: number;
  readonly now: () => number;
}

/** Longest wait until it is looked again whether there are visits enough, or whether what failed succeeds. */
const lookAgainMs = 3_600_000;

/** How long to wait from one look whether a training is due to the next. */
export function lookEveryMs({ everyMs }: Schedule): number {
  return Math.min(everyMs, lookAgainMs);
}

/** Trains if there was no training yet, or the last completed one is old enough. */
export async function trainWhenDue(
  keeper: Pick<ModelKeeper, "lastTrainedAtMs" | "train">,
  { everyMs, now }: Schedule,
): Promise<void> {
  const lastAt = await keeper.lastTrainedAtMs();
  // a record from the future is of a clock that was wrong
  const agoMs = lastAt === null || lastAt > now() ? Number.POSITIVE_INFINITY : now() - lastAt;
  if (agoMs >= everyMs) await keeper.train();
}
