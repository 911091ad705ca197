import type { Logger } from "@libs/monitoring";
import type { AiMetrics } from "../ai-metrics.ts";
import { type AllowedFigures, findForbiddenPromise } from "../offers/find-promises.ts";
import { decideOffer, type Offer } from "../offers/offer.ts";
import type { ChatProvider, TokenUsage } from "../providers/provider.ts";
import type { ProviderChain } from "../providers/provider-chain.ts";
import type { MessageBrief } from "./message-request.ts";
import { minorDigits } from "./money.ts";
import { promptFor } from "./prompt.ts";
import { splitSentences } from "./split-sentences.ts";
import { composeFromTemplate } from "./templates.ts";

/** The answer of `POST /recovery-message`. */
export interface RecoveryMessage {
  readonly subject: string;
  readonly body: string;
  readonly offer: Offer;
  /** `template` where no model wrote it. */
  readonly provider: string;
  readonly model: string | null;
  readonly usage: TokenUsage;
}

export interface ComposeParts {
  readonly chain: ProviderChain;
  readonly metrics: AiMetrics;
  readonly logger: Logger;
}

/** Given each piece of the body when it has passed its check. */
export type OnText = (text: string) => void | Promise<void>;

const noUsage: TokenUsage = { inputTokens: 0, outputTokens: 0 };

/** A body shorter than this says nothing: what a model wrote was withheld, or it wrote nothing. */
const bodyCharsMin = 20;

/**
 * Writes the message. The offer is decided from the limits; a model only phrases it, and each of its sentences is checked
 * before anyone sees it: one that promises anything else is withheld. Where no model answers, or too little of what it
 * wrote may be said, the message is the template's, and says so.
 */
export async function composeMessage(
  brief: MessageBrief,
  { chain, metrics, logger }: ComposeParts,
  onText: OnText,
  signal: AbortSignal,
): Promise<RecoveryMessage> {
  const offer = decideOffer(brief.incentive, brief.cart.valueMinor);
  const written =
    chain.providers.length === 0
      ? null
      : await write(brief, offer, { chain, metrics, logger }, onText, signal);
  if (written !== null) {
    metrics.composed(written.provider);
    return written;
  }
  const { subject, sentences } = composeFromTemplate(brief, offer);
  for (const sentence of sentences) await onText(sentence);
  metrics.composed("template");
  return { subject, body: sentences.join(""), offer, provider: "template", model: null, usage: noUsage };
}

async function write(
  brief: MessageBrief,
  offer: Offer,
  { chain, metrics, logger }: ComposeParts,
  onText: OnText,
  signal: AbortSignal,
): Promise<RecoveryMessage | null> {
  const fallback = composeFromTemplate(brief, offer);
  const allowed = allowedFigures(brief, offer);
  let subject: string | null = null;
  let body = "";
  let usage = noUsage;
  let provider: ChatProvider | null = null;
  try {
    const answer = await chain.answer(promptFor(brief, offer), signal);
    provider = answer.provider;
    for await (const part of splitSentences(answer.chunks)) {
      if (part.type === "usage") {
        usage = part.usage;
        continue;
      }
      const forbidden = findForbiddenPromise(part.text, offer, allowed);
      if (forbidden !== null) {
        metrics.withheld();
        logger.warn({ provider: provider.name, promised: forbidden }, "a sentence of a model was withheld");
      } else if (part.type === "subject") subject = part.text;
      else {
        const text = body === "" ? part.text.trimStart() : part.text;
        body += text;
        await onText(text);
      }
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    logger.warn({ err: thrown }, "a model could not write the message to its end");
  }
  // Where a model broke off, what was shown already is whole sentences that passed: the message ends there.
  if (provider === null || body.trim().length < bodyCharsMin) return null;
  return {
    subject: subject ?? fallback.subject,
    body: body.trim(),
    offer,
    provider: provider.name,
    model: provider.model,
    usage,
  };
}

function allowedFigures({ cart }: MessageBrief, offer: Offer): AllowedFigures {
  const unit = 10 ** minorDigits(cart.currency);
  const minor = [
    cart.valueMinor,
    offer.amountOffMinor,
    ...cart.items.flatMap((item) => [item.priceMinor, item.priceMinor * item.quantity]),
  ];
  return {
    amounts: minor.map((amount) => amount / unit),
    words: cart.items.flatMap((item) => [item.sku, item.name ?? ""]),
  };
}
