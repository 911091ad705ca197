import { CartwayError } from "@libs/errors";
import type { ChatChunk, ChatProvider, ChatRequest } from "./provider.ts";

export interface CallTimes {
  /** From the call to the first piece of text. */
  readonly firstTextMs: number;
  /** For the whole answer. */
  readonly totalMs: number;
}

export type CallOutcome = "success" | "failure" | "ignored";

export interface ProviderCall {
  /** Resolves when the model begins to answer. */
  begin(): Promise<void>;
  /** The answer from its first chunk on; read once. Rejects where it does not come to its end. */
  chunks(): AsyncGenerator<ChatChunk>;
}

/** Of a whole answer: far more than the most tokens that may be asked for, and little enough to be held. */
const textCharsMax = 1_000_000;

/**
 * One call of a provider within its times. An answer is whole only where the model said that it ends: one that stalls, breaks off or
 * runs out of time rejects, whatever the client library makes of it.
 *
 * @param settle is told the outcome, once: `ignored` where the caller or the reader left.
 */
export function callProvider(
  provider: ChatProvider,
  request: ChatRequest,
  {
    signal,
    times,
    settle,
  }: {
    readonly signal: AbortSignal;
    readonly times: CallTimes;
    readonly settle: (outcome: CallOutcome) => void;
  },
): ProviderCall {
  const limit = new AbortController();
  const leave = (): void => limit.abort(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  const tooLate = (what: string): void =>
    limit.abort(new CartwayError("upstream_timeout", { internal: `${provider.name}: ${what}` }));
  const firstText = setTimeout(tooLate, times.firstTextMs, "no text in time");
  const total = setTimeout(tooLate, times.totalMs, "no end in time");
  const aborted = new Promise<never>((_, reject) => {
    limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
  });
  // Whoever waits for a chunk hears of it; nobody need be waiting.
  aborted.catch(() => undefined);
  const iterator = provider.stream(request, limit.signal)[Symbol.asyncIterator]();
  const buffered: ChatChunk[] = [];
  let textChars = 0;
  let isEnded = false;
  let isSettled = false;

  function finish(outcome: CallOutcome): void {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(firstText);
    clearTimeout(total);
    signal.removeEventListener("abort", leave);
    // A model that goes on writing for nobody is paid for.
    if (outcome !== "success")
      limit.abort(new CartwayError("upstream_reset", { internal: "nobody reads on" }));
    settle(outcome);
  }

  /** The next chunk, `null` at the end of a whole answer. */
  async function next(): Promise<ChatChunk | null> {
    try {
      const result = await Promise.race([iterator.next(), aborted]);
      limit.signal.throwIfAborted();
      if (result.done !== true) {
        if (result.value.type === "end") isEnded = true;
        if (result.value.type === "text") textChars += result.value.text.length;
        if (textChars <= textCharsMax) return result.value;
        throw new CartwayError("upstream_invalid", { internal: `${provider.name}: the answer has no end` });
      }
      if (isEnded) return null;
      throw new CartwayError("upstream_reset", { internal: `${provider.name}: the answer broke off` });
    } catch (thrown) {
      const why: unknown = limit.signal.aborted ? limit.signal.reason : thrown;
      finish(outcomeOf(why, signal));
      throw why;
    }
  }

  return {
    async begin() {
      for (;;) {
        const chunk = await next();
        if (chunk !== null) buffered.push(chunk);
        if (chunk?.type === "text" || (chunk?.type === "end" && chunk.reason !== "stop")) break;
        if (chunk === null) {
          finish("failure");
          throw new CartwayError("upstream_invalid", { internal: `${provider.name}: an empty answer` });
        }
      }
      clearTimeout(firstText);
    },
    async *chunks() {
      try {
        yield* buffered;
        for (let chunk = await next(); chunk !== null; chunk = await next()) yield chunk;
        finish("success");
      } finally {
        finish(isEnded ? "success" : "ignored");
      }
    },
  };
}

/** Whether the provider refused what was asked: another may take it, and this one is none the worse. */
export function isRefusal(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null || !("status" in thrown)) return false;
  return thrown.status === 400 || thrown.status === 413 || thrown.status === 422;
}

function outcomeOf(thrown: unknown, signal: AbortSignal): CallOutcome {
  return signal.aborted || isRefusal(thrown) ? "ignored" : "failure";
}
