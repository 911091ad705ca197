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
  /** Resolves when the model starts to answer. */
  begin(): Promise<void>;
  /** The answer from its first chunk on; can be read once. Rejects where it is incomplete. */
  chunks(): AsyncGenerator<ChatChunk>;
}

/** Maximum size of an answer: far above the most tokens that may be requested, and small enough to hold. */
const textCharsMax = 1_000_000;

/**
 * One call of a provider within its time limits. An answer is complete only if the model reported its end: one that stalls, breaks off or
 * times out rejects, whatever the client library does.
 *
 * @param settle is called once with the outcome: `ignored` where the caller or the reader disconnected.
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
  // A reader waiting for a chunk gets the error; there may be none.
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
    // A model that continues without a reader still costs money.
    if (outcome !== "success")
      limit.abort(new CartwayError("upstream_reset", { internal: "nobody reads on" }));
    settle(outcome);
  }

  /** The next chunk, `null` at the end of a complete answer. */
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

/** Whether the provider refused the request itself: another may accept it, and it does not count as a failure of this one. */
export function isRefusal(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null || !("status" in thrown)) return false;
  return thrown.status === 400 || thrown.status === 413 || thrown.status === 422;
}

function outcomeOf(thrown: unknown, signal: AbortSignal): CallOutcome {
  return signal.aborted || isRefusal(thrown) ? "ignored" : "failure";
}
