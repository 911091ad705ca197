import { CartwayError, type ErrorCode } from "@libs/errors";
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

interface CallOptions {
  readonly signal: AbortSignal;
  readonly times: CallTimes;
  /** Called once with the outcome: `ignored` where the caller or the reader disconnected. */
  readonly settle: (outcome: CallOutcome) => void;
}

/**
 * One call of a provider within its time limits. An answer is complete only if the model reported its end: one that stalls, breaks off or
 * times out rejects, whatever the client library does.
 */
export function callProvider(
  provider: ChatProvider,
  request: ChatRequest,
  options: CallOptions,
): ProviderCall {
  return new LimitedCall(provider, request, options);
}

class LimitedCall implements ProviderCall {
  readonly #providerName: string;
  readonly #options: CallOptions;
  /** Ends the call: a time limit, a caller or a reader that left. */
  readonly #limit = new AbortController();
  readonly #aborted: Promise<never>;
  readonly #leave = (): void => this.#limit.abort(this.#options.signal.reason);
  readonly #firstText: ReturnType<typeof setTimeout>;
  readonly #total: ReturnType<typeof setTimeout>;
  readonly #iterator: AsyncIterator<ChatChunk>;
  readonly #buffered: ChatChunk[] = [];
  #textChars = 0;
  #isEnded = false;
  #isSettled = false;

  constructor(provider: ChatProvider, request: ChatRequest, options: CallOptions) {
    this.#providerName = provider.name;
    this.#options = options;
    const { signal, times } = options;
    if (signal.aborted) this.#leave();
    signal.addEventListener("abort", this.#leave, { once: true });
    this.#firstText = setTimeout(() => this.#timeOut("no text in time"), times.firstTextMs);
    this.#total = setTimeout(() => this.#timeOut("no end in time"), times.totalMs);
    const limited = this.#limit.signal;
    this.#aborted = new Promise<never>((_, reject) => {
      limited.addEventListener("abort", () => reject(limited.reason), { once: true });
    });
    // A reader waiting for a chunk gets the error; there may be none.
    this.#aborted.catch(() => undefined);
    this.#iterator = provider.stream(request, limited)[Symbol.asyncIterator]();
  }

  async begin(): Promise<void> {
    for (;;) {
      const chunk = await this.#next();
      if (chunk !== null) this.#buffered.push(chunk);
      if (chunk?.type === "text" || (chunk?.type === "end" && chunk.reason !== "stop")) break;
      if (chunk === null) {
        this.#finish("failure");
        throw this.#error("upstream_invalid", "an empty answer");
      }
    }
    clearTimeout(this.#firstText);
  }

  async *chunks(): AsyncGenerator<ChatChunk> {
    try {
      yield* this.#buffered;
      for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) yield chunk;
      this.#finish("success");
    } finally {
      this.#finish(this.#isEnded ? "success" : "ignored");
    }
  }

  /** The next chunk, `null` at the end of a complete answer. */
  async #next(): Promise<ChatChunk | null> {
    const limited = this.#limit.signal;
    try {
      const result = await Promise.race([this.#iterator.next(), this.#aborted]);
      limited.throwIfAborted();
      if (result.done !== true) return this.#take(result.value);
      if (this.#isEnded) return null;
      throw this.#error("upstream_reset", "the answer broke off");
    } catch (thrown) {
      const why: unknown = limited.aborted ? limited.reason : thrown;
      this.#finish(outcomeOf(why, this.#options.signal));
      throw why;
    }
  }

  #take(chunk: ChatChunk): ChatChunk {
    if (chunk.type === "end") this.#isEnded = true;
    if (chunk.type === "text") this.#textChars += chunk.text.length;
    if (this.#textChars > textCharsMax) throw this.#error("upstream_invalid", "the answer has no end");
    return chunk;
  }

  #finish(outcome: CallOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#firstText);
    clearTimeout(this.#total);
    this.#options.signal.removeEventListener("abort", this.#leave);
    // A model that continues without a reader still costs money.
    if (outcome !== "success")
      this.#limit.abort(new CartwayError("upstream_reset", { internal: "nobody reads the answer any more" }));
    this.#options.settle(outcome);
  }

  #timeOut(what: string): void {
    this.#limit.abort(this.#error("upstream_timeout", what));
  }

  #error(code: ErrorCode, what: string): CartwayError {
    return new CartwayError(code, { internal: `${this.#providerName}: ${what}` });
  }
}

/** Whether the provider refused the request itself: another may accept it, and it does not count as a failure of this one. */
export function isRefusal(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null || !("status" in thrown)) return false;
  return thrown.status === 400 || thrown.status === 413 || thrown.status === 422;
}

function outcomeOf(thrown: unknown, signal: AbortSignal): CallOutcome {
  return signal.aborted || isRefusal(thrown) ? "ignored" : "failure";
}
