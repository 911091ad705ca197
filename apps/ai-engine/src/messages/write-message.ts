import type { CheckInput } from "../offers/check-sentence.ts";
import { createOfferCheck } from "../offers/check-sentence.ts";
import { readDeclaredOffer } from "../offers/declared-offer.ts";
import { namesToldMax } from "../offers/safe-name.ts";
import type { Offer } from "../offers/offer.ts";
import type { TokenUsage } from "../providers/provider.ts";
import type { ChainAnswer } from "../providers/provider-chain.ts";
import { CheckedText, type OnText } from "./checked-text.ts";
import type { MessageBrief } from "./message-request.ts";
import { type Header, HeaderReader } from "./read-header.ts";
import { SentenceSplitter } from "./split-sentences.ts";
import { offerSentences } from "./templates.ts";

/** A body shorter than this says nothing: what the model wrote was withheld, or it wrote nothing. */
const bodyCharsMin = 20;
/** Where a model does not come to an end by itself. */
const bodyCharsMax = 4000;

export interface Written {
  /** `null` where the model's own may not be said. */
  readonly subject: string | null;
  readonly body: string;
  readonly offer: Offer;
  /** False where the model broke off after some of its text was shown already. */
  readonly isComplete: boolean;
}

export interface Attempt {
  /** What may be shown, or why nothing may: then nothing has been shown. */
  readonly outcome: { readonly written: Written } | { readonly refused: string };
  readonly usage: TokenUsage;
  /** What the model wrote, for it to read again; cut. */
  readonly raw: string;
  readonly withheld: readonly string[];
}

const rawCharsMax = 3000;

/**
 * Reads one answer of a model: its declared offer is checked before anything else, its text sentence by sentence. A text that does
 * not state the offer it declared is given our own sentences for it.
 *
 * @param limit the most that may be offered.
 * @param onText `null` where nothing is to be shown before the whole is known to be good.
 */
export async function readAnswer(
  { chunks }: ChainAnswer,
  {
    brief,
    limit,
    onText,
  }: { readonly brief: MessageBrief; readonly limit: Offer; readonly onText: OnText | null },
): Promise<Attempt> {
  const header = new HeaderReader();
  const splitter = new SentenceSplitter();
  let body: Body | null = null;
  let usage: TokenUsage = { inputTokens: 0, outputTokens: 0 };
  let raw = "";
  let isCut = false;
  const begin = (found: Header): Body | string => beginBody(found, brief, limit, onText ?? (() => undefined));
  const attempt = (outcome: Attempt["outcome"]): Attempt => ({
    outcome,
    usage,
    raw,
    withheld: body?.text.withheld ?? [],
  });
  try {
    for await (const chunk of chunks) {
      if (chunk.type === "usage") usage = chunk.usage;
      if (chunk.type === "end") isCut = chunk.reason !== "stop";
      if (chunk.type !== "text") continue;
      raw = (raw + chunk.text).slice(0, rawCharsMax);
      let piece = chunk.text;
      if (body === null) {
        const found = header.push(piece);
        if (found === null) continue;
        const begun = begin(found.header);
        if (typeof begun === "string") return attempt({ refused: begun });
        body = begun;
        piece = found.rest;
      }
      for (const sentence of splitter.push(piece)) await body.text.push(sentence);
      if (body.text.isDoubtful || body.text.shown.length > bodyCharsMax) break;
    }
  } catch (thrown) {
    if (body === null || onText === null || body.text.shown === "") throw thrown;
    isCut = true;
  }
  if (body === null) {
    const found = header.end();
    const begun = begin(found.header);
    if (typeof begun === "string") return attempt({ refused: begun });
    body = begun;
    for (const sentence of splitter.push(found.rest)) await body.text.push(sentence);
  }
  return attempt(await endBody(body, { splitter, brief, isCut, onText }));
}

interface Body {
  readonly offer: Offer;
  readonly subject: string | null;
  readonly text: CheckedText;
}

/** @returns why not, where the declared offer is not within the limit. */
function beginBody(header: Header, brief: MessageBrief, limit: Offer, onText: OnText): Body | string {
  const declared = readDeclaredOffer(header.offer, limit);
  if ("problem" in declared) return declared.problem;
  const check = createOfferCheck(checkInput(brief, declared.offer));
  const subject = header.subject === null || header.subject.trim() === "" ? null : check(header.subject);
  const isSaid = subject !== null && subject.forbidden === null;
  return {
    offer: declared.offer,
    subject: isSaid ? header.subject : null,
    text: new CheckedText(check, isSaid ? subject : null, onText),
  };
}

async function endBody(
  { offer, subject, text }: Body,
  {
    splitter,
    brief,
    isCut,
    onText,
  }: {
    readonly splitter: SentenceSplitter;
    readonly brief: MessageBrief;
    readonly isCut: boolean;
    readonly onText: OnText | null;
  },
): Promise<Attempt["outcome"]> {
  const last = splitter.end({ isCut });
  if (last !== null && !text.isDoubtful) await text.push(last);
  const isShown = onText !== null && text.shown !== "";
  if (!isShown && (text.isDoubtful || text.passed.trim().length < bodyCharsMin)) {
    return { refused: text.withheld.join("; ") || "the message is empty" };
  }
  const missing = offerSentences(brief, offer, text.states);
  await text.end({ isOfferNext: missing.length > 0 });
  const own = missing.map((sentence, index) => (index === 0 ? "\n\n" : " ") + sentence);
  for (const sentence of own) await onText?.(sentence);
  return { written: { subject, body: (text.shown + own.join("")).trim(), offer, isComplete: !isCut } };
}

/** What sentences about this cart are checked against. */
export function checkInput(brief: MessageBrief, offer: Offer): CheckInput {
  const { cart, language, shopperName } = brief;
  const quantities = cart.items.map(({ quantity }) => quantity);
  return {
    offer,
    language,
    currency: cart.currency,
    totalMinor: cart.valueMinor,
    names: [
      ...new Set(cart.items.slice(0, namesToldMax).map(({ name }) => name)),
      ...(shopperName === null ? [] : [shopperName]),
    ],
    counts: [...quantities, cart.items.length, quantities.reduce((sum, quantity) => sum + quantity, 0)],
  };
}
