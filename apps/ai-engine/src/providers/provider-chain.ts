import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { type CircuitBreaker, consecutiveFailures, createCircuitBreaker, refused } from "@libs/resilience";
import type { AiMetrics } from "../ai-metrics.ts";
import type { ChatChunk, ChatProvider, ChatRequest } from "./provider.ts";
import { type CallTimes, callProvider, isRefusal } from "./provider-call.ts";

export interface ChainOptions extends CallTimes {
  /** Number of failures in a row after which a provider is skipped. */
  readonly failuresMax: number;
  /** For how long at first; doubled with each further failure, up to `openMsMax`. */
  readonly openMs: number;
  readonly openMsMax: number;
}

export const chainDefaults: ChainOptions = {
  firstTextMs: 10_000,
  totalMs: 60_000,
  failuresMax: 3,
  openMs: 10_000,
  openMsMax: 300_000,
};

export interface ChainParts {
  readonly logger: Logger;
  readonly metrics: AiMetrics;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface ChainAnswer {
  readonly provider: ChatProvider;
  /** Can be read once. Rejects where the answer is incomplete: `upstream_timeout`, `upstream_reset`. */
  readonly chunks: AsyncIterable<ChatChunk>;
}

interface Link {
  readonly provider: ChatProvider;
  readonly breaker: CircuitBreaker;
}

/**
 * Calls providers in order until one starts to answer; one that keeps failing is skipped until its breaker lets a call try
 * it again. An answer that has started is not restarted elsewhere.
 */
export class ProviderChain {
  readonly providers: readonly ChatProvider[];
  readonly #links: readonly Link[];
  readonly #options: ChainOptions;
  readonly #parts: ChainParts;

  constructor(providers: readonly ChatProvider[], parts: ChainParts, options: ChainOptions = chainDefaults) {
    this.providers = providers;
    this.#options = options;
    this.#parts = parts;
    this.#links = providers.map((provider) => ({ provider, breaker: this.#createBreaker(provider) }));
  }

  /**
   * @throws CartwayError `provider_unavailable` where none started to answer, `bad_request` where each that was called refused the
   * request itself; the signal's reason where the caller disconnected.
   */
  async answer(request: ChatRequest, signal: AbortSignal): Promise<ChainAnswer> {
    const { model } = request;
    const links = this.#links.filter(({ provider }) => model === undefined || provider.model === model);
    const waits: number[] = [];
    let refusals = 0;
    for (const link of links) {
      signal.throwIfAborted();
      const begun = await this.#ask(link, request, signal);
      if (typeof begun === "object") return begun;
      if (begun === "refused") refusals += 1;
      if (begun === "passed over") waits.push(link.breaker.retryAfterMs());
    }
    if (refusals > 0 && refusals === links.length)
      throw new CartwayError("bad_request", { message: "No language model provider accepts this request." });
    throw new CartwayError(
      "provider_unavailable",
      waits.length === 0 ? {} : { retryAfterSeconds: Math.min(...waits) / 1000 },
    );
  }

  async #ask(
    { provider, breaker }: Link,
    request: ChatRequest,
    signal: AbortSignal,
  ): Promise<ChainAnswer | "refused" | "failed" | "passed over"> {
    const { metrics, logger, now } = this.#parts;
    const ticket = breaker.enter();
    if (ticket === refused) {
      metrics.passedOver(provider.name);
      return "passed over";
    }
    const startedAt = now();
    let hasBegun = false;
    const call = callProvider(provider, request, {
      signal,
      times: this.#options,
      settle(outcome) {
        breaker.leave(ticket, outcome);
        if (hasBegun && outcome === "failure") metrics.brokeOff(provider.name);
      },
    });
    try {
      await call.begin();
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      metrics.failed(provider.name);
      logger.warn({ provider: provider.name, err: thrown }, "a provider failed");
      return isRefusal(thrown) ? "refused" : "failed";
    }
    hasBegun = true;
    metrics.began(provider.name, (now() - startedAt) / 1000);
    return { provider, chunks: this.#counted(provider, call.chunks(), signal) };
  }

  async *#counted(
    provider: ChatProvider,
    chunks: AsyncGenerator<ChatChunk>,
    signal: AbortSignal,
  ): AsyncGenerator<ChatChunk> {
    const { metrics } = this.#parts;
    try {
      for await (const chunk of chunks) {
        if (chunk.type === "usage") metrics.used(provider.name, chunk.usage);
        yield chunk;
      }
    } catch (thrown) {
      if (signal.aborted || thrown instanceof CartwayError) throw thrown;
      throw new CartwayError("upstream_reset", { cause: thrown });
    }
  }

  #createBreaker({ name }: ChatProvider): CircuitBreaker {
    const { failuresMax, openMs, openMsMax } = this.#options;
    const { metrics, logger, now } = this.#parts;
    metrics.breakerOpen(name, false);
    return createCircuitBreaker({
      strategy: consecutiveFailures({ failuresMax }),
      openMs,
      openMsMax,
      now,
      onChange(state) {
        metrics.breakerOpen(name, state.kind !== "closed");
        logger.info({ provider: name, breaker: state.kind }, "a provider's circuit breaker changed state");
      },
    });
  }
}
