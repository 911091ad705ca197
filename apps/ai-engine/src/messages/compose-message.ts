import type { Logger } from "@libs/monitoring";
import type { AiMetrics } from "../ai-metrics.ts";
import { decideOffer, type Offer } from "../offers/offer.ts";
import type { TokenUsage } from "../providers/provider.ts";
import type { ProviderChain } from "../providers/provider-chain.ts";
import type { OnText } from "./checked-text.ts";
import type { MessageBrief } from "./message-request.ts";
import { promptFor, repairPrompt } from "./prompt.ts";
import { composeFromTemplate } from "./templates.ts";
import { readAnswer } from "./read-answer.ts";

/** The answer of `POST /recovery-message`. */
export interface RecoveryMessage {
  readonly subject: string;
  readonly body: string;
  readonly offer: Offer;
  /** `template` where no model wrote it. */
  readonly provider: string;
  readonly model: string | null;
  /** False where a model failed after some of its text was shown: the message ends there. */
  readonly isComplete: boolean;
  /** Of all model calls made for it, refused answers included. */
  readonly usage: TokenUsage;
}

export interface Reader {
  /** Gets each sentence as it is released; `null` where only the whole message is wanted. */
  readonly onText: OnText | null;
  readonly signal: AbortSignal;
}

export interface ComposeParts {
  readonly chain: ProviderChain;
  readonly metrics: AiMetrics;
  readonly logger: Logger;
  /** Deadline for all model calls together, in milliseconds; after it the template is used. */
  readonly writingMs: number;
}

const noUsage: TokenUsage = { inputTokens: 0, outputTokens: 0 };

/** The first answer and one repair. */
const attemptsMax = 2;

/**
 * Writes the message. The configured limits decide the offer. A model phrases it and declares what it offers, which is checked against
 * the limits; every sentence is checked before anyone sees it. A refused answer is requested once more; if that fails too, or no model
 * answers, the message comes from the template, and says so.
 *
 * @throws the signal's reason where the caller left.
 */
export async function composeMessage(
  brief: MessageBrief,
  parts: ComposeParts,
  { onText, signal }: Reader,
): Promise<RecoveryMessage> {
  const limit = decideOffer(brief.incentive, brief.cart.valueMinor);
  const { message, usage } =
    parts.chain.providers.length === 0
      ? { message: null, usage: noUsage }
      : await write(brief, limit, { ...parts, onText, signal });
  if (message !== null) {
    parts.metrics.composed(message.provider);
    return message;
  }
  const { subject, sentences } = composeFromTemplate(brief, limit);
  for (const sentence of sentences) await onText?.(sentence);
  parts.metrics.composed("template");
  const body = sentences.join("");
  return { subject, body, offer: limit, provider: "template", model: null, isComplete: true, usage };
}

async function write(
  brief: MessageBrief,
  limit: Offer,
  { chain, metrics, logger, writingMs, onText, signal }: ComposeParts & Reader,
): Promise<{ readonly message: RecoveryMessage | null; readonly usage: TokenUsage }> {
  const timed = AbortSignal.any([signal, AbortSignal.timeout(writingMs)]);
  let request = promptFor(brief, limit);
  let usage = noUsage;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const answer = await chain.answer(request, timed);
      const { name: provider, model } = answer.provider;
      const read = await readAnswer(answer, { brief, limit, onText });
      signal.throwIfAborted();
      usage = sum(usage, read.usage);
      for (const why of read.withheld) {
        metrics.withheld();
        logger.warn({ provider, promised: why }, "a sentence of a model's answer was withheld");
      }
      if ("written" in read.outcome) {
        const { subject, ...written } = read.outcome.written;
        const own = composeFromTemplate(brief, limit).subject;
        return { message: { subject: subject ?? own, ...written, provider, model, usage }, usage };
      }
      metrics.refused(provider);
      logger.warn(
        { provider, attempt, refused: read.outcome.refused },
        "a model's answer was refused by the offer check",
      );
      request = repairPrompt(promptFor(brief, limit), read.raw, read.outcome.refused);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      logger.warn({ err: thrown, attempt }, "a model could not write the message");
      break;
    }
  }
  return { message: null, usage };
}

function sum(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
  };
}
