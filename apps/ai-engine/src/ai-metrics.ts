import type { Metrics } from "@libs/monitoring";
import type { TokenUsage } from "./providers/provider.ts";

export interface AiMetrics {
  began(provider: string, seconds: number): void;
  failed(provider: string): void;
  brokeOff(provider: string): void;
  passedOver(provider: string): void;
  breakerOpen(provider: string, isOpen: boolean): void;
  refused(provider: string): void;
  used(provider: string, usage: TokenUsage): void;
  composed(provider: string): void;
  withheld(): void;
}

export function createAiMetrics(metrics: Metrics): AiMetrics {
  const calls = metrics.counter({
    name: "cartway_ai_calls_total",
    help: "Calls of providers by outcome.",
    labels: ["provider", "outcome"],
  });
  const breakers = metrics.gauge({
    name: "cartway_ai_breaker_open",
    help: "1 while a provider is passed over because it keeps failing.",
    labels: ["provider"],
  });
  const refusals = metrics.counter({
    name: "cartway_ai_answers_refused_total",
    help: "Answers of a model that as a whole might not be shown.",
    labels: ["provider"],
  });
  const firstText = metrics.histogram({
    name: "cartway_ai_first_text_seconds",
    help: "To the first piece of text.",
    labels: ["provider"],
  });
  const tokens = metrics.counter({
    name: "cartway_ai_tokens_total",
    help: "Tokens by direction.",
    labels: ["provider", "direction"],
  });
  const messages = metrics.counter({
    name: "cartway_ai_messages_total",
    help: "Recovery messages by provider, or template.",
    labels: ["provider"],
  });
  const withheld = metrics.counter({
    name: "cartway_ai_sentences_withheld_total",
    help: "Sentences of a model that were withheld because they promised more than the limits.",
  });
  return {
    began(provider, seconds) {
      calls.with({ provider, outcome: "answered" }).inc();
      firstText.with({ provider }).observe(seconds);
    },
    failed: (provider) => calls.with({ provider, outcome: "failed" }).inc(),
    brokeOff: (provider) => calls.with({ provider, outcome: "broke_off" }).inc(),
    passedOver: (provider) => calls.with({ provider, outcome: "passed_over" }).inc(),
    breakerOpen: (provider, isOpen) => breakers.with({ provider }).set(isOpen ? 1 : 0),
    refused: (provider) => refusals.with({ provider }).inc(),
    used(provider, { inputTokens, outputTokens }) {
      tokens.with({ provider, direction: "input" }).inc(inputTokens);
      tokens.with({ provider, direction: "output" }).inc(outputTokens);
    },
    composed: (provider) => messages.with({ provider }).inc(),
    withheld: () => withheld.inc(),
  };
}
