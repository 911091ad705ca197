export interface Offered {
  readonly url: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** After this time a client gives up: a later answer does not count. */
  readonly patienceMs: number;
}

export interface Outcome {
  /** Answers with 200 in time, per second. */
  readonly goodput: number;
  readonly refused: number;
  readonly refusedWithRetryAfter: number;
  readonly gaveUp: number;
  readonly answerP99Ms: number;
  readonly refusalP99Ms: number;
  /** From the first request to the last one that was not answered in time; 0 where all were. */
  readonly troubledSeconds: number;
}

/** Requests at a steady rate, however long earlier ones take (open loop): in an overload clients do not slow down. */
export async function offerLoad({ url, perSecond, seconds, patienceMs }: Offered): Promise<Outcome> {
  const answers: number[] = [];
  const refusals: number[] = [];
  let gaveUp = 0;
  let told = 0;
  let lastTroubleAt = 0;
  const pending: Promise<void>[] = [];
  const beganAt = performance.now();
  const ask = async (): Promise<void> => {
    const startedAt = performance.now();
    let isServed = false;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
      await answer.arrayBuffer();
      isServed = answer.status === 200;
      (isServed ? answers : refusals).push(performance.now() - startedAt);
      if (answer.headers.has("retry-after")) told += 1;
    } catch {
      // Timed out: counted as such.
      gaveUp += 1;
    }
    if (!isServed) lastTroubleAt = Math.max(lastTroubleAt, startedAt);
  };
  for (let count = 0; count < perSecond * seconds; count += 1) {
    const dueAt = beganAt + (count / perSecond) * 1000;
    const aheadMs = dueAt - performance.now();
    if (aheadMs > 1) await Bun.sleep(aheadMs);
    pending.push(ask());
  }
  await Promise.all(pending);
  return {
    goodput: answers.length / seconds,
    refused: refusals.length,
    refusedWithRetryAfter: told,
    gaveUp,
    answerP99Ms: p99(answers),
    refusalP99Ms: p99(refusals),
    troubledSeconds: Math.max(0, lastTroubleAt - beganAt) / 1000,
  };
}

function p99(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length * 0.99)] ?? 0;
}
