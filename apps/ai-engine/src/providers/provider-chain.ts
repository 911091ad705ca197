import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import type { AiMetrics } from "../ai-metrics.ts";
import type { ChatChunk, ChatProvider, ChatRequest } from "./provider.ts";

export interface ChainOptions {
  /** From the call to the first piece of text. */
  readonly firstTextMs: number;
  /** For the whole answer. */
  readonly totalMs: number;
  /** A provider that failed is asked last for this long. */
  readonly cooldownMs: number;
}

export const chainDefaults: ChainOptions = { firstTextMs: 10_000, totalMs: 60_000, cooldownMs: 30_000 };

export interface ChainParts {
  readonly logger: Logger;
  readonly metrics: AiMetrics;
  readonly now: () => number;
}

export interface ChainAnswer {
  readonly provider: ChatProvider;
  /** Begins with the first piece that came; rejects where the provider breaks off. */
  readonly chunks: AsyncIterable<ChatChunk>;
}

/** Asks providers in their order until one begins to answer. What has begun is not begun again elsewhere. */
export class ProviderChain {
  readonly providers: readonly ChatProvider[];
  readonly #options: ChainOptions;
  readonly #parts: ChainParts;
  readonly #failedAt = new Map<ChatProvider, number>();

  constructor(providers: readonly ChatProvider[], parts: ChainParts, options: ChainOptions = chainDefaults) {
    this.providers = providers;
    this.#options = options;
    this.#parts = parts;
  }

  /** @throws CartwayError `provider_unavailable` where none began to answer; the signal's reason where the caller left. */
  async answer(request: ChatRequest, signal: AbortSignal): Promise<ChainAnswer> {
    for (const provider of this.#inOrder()) {
      const startedAt = this.#parts.now();
      try {
        const chunks = await this.#begin(provider, request, signal);
        this.#failedAt.delete(provider);
        this.#parts.metrics.began(provider.name, (this.#parts.now() - startedAt) / 1000);
        return { provider, chunks };
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        this.#failedAt.set(provider, this.#parts.now());
        this.#parts.metrics.failed(provider.name);
        this.#parts.logger.warn({ provider: provider.name, err: thrown }, "a provider did not answer");
      }
    }
    throw new CartwayError("provider_unavailable", { retryAfterSeconds: this.#options.cooldownMs / 1000 });
  }

  #inOrder(): readonly ChatProvider[] {
    const isCooling = (provider: ChatProvider): boolean =>
      this.#parts.now() - (this.#failedAt.get(provider) ?? Number.NEGATIVE_INFINITY) <
      this.#options.cooldownMs;
    return [...this.providers.filter((one) => !isCooling(one)), ...this.providers.filter(isCooling)];
  }

  async #begin(
    provider: ChatProvider,
    request: ChatRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ChatChunk>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("no text in time")), this.#options.firstTextMs);
    const limit = AbortSignal.any([signal, late.signal, AbortSignal.timeout(this.#options.totalMs)]);
    try {
      const iterator = provider.stream(request, limit)[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (first.done === true) throw new Error("the provider answered nothing");
      return this.#rest(provider, first.value, iterator);
    } finally {
      clearTimeout(timer);
    }
  }

  async *#rest(
    provider: ChatProvider,
    first: ChatChunk,
    iterator: AsyncIterator<ChatChunk>,
  ): AsyncGenerator<ChatChunk> {
    try {
      for (let chunk = first; ; ) {
        if (chunk.type === "usage") this.#parts.metrics.used(provider.name, chunk.usage);
        yield chunk;
        const next = await iterator.next();
        if (next.done === true) return;
        chunk = next.value;
      }
    } finally {
      // Whoever stops reading ends the call: a model that goes on writing for nobody is paid for.
      await iterator.return?.();
    }
  }
}
