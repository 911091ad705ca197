import { type CheckInput, createOfferCheck } from "../offers/check-sentence.ts";
import { readDeclaredOffer } from "../offers/declared-offer.ts";
import type { Offer } from "../offers/offer.ts";
import { namesToldMax } from "../offers/safe-name.ts";
import { CheckedText, type OnText } from "./checked-text.ts";
import type { MessageBrief } from "./message-request.ts";
import { type Header, HeaderReader } from "./read-header.ts";
import { SentenceSplitter } from "./split-sentences.ts";
import { offerSentences } from "./templates.ts";

/** Shortest acceptable body: below it the model wrote nothing, or its text was withheld. */
const bodyCharsMin = 20;
/** Bound for a model that does not stop by itself. */
const bodyCharsMax = 4000;

export interface Written {
  /** `null` where the model's own may not be shown. */
  readonly subject: string | null;
  readonly body: string;
  readonly offer: Offer;
  /** False where the model broke off after some of its text was shown. */
  readonly isComplete: boolean;
}

/** The message that may be shown, or why none may: then nothing has been shown. */
export type Outcome = { readonly written: Written } | { readonly refused: string };

export interface AnswerReaderOptions {
  readonly brief: MessageBrief;
  /** The most that may be offered. */
  readonly limit: Offer;
  /** `null` where nothing is to be shown before the whole is checked. */
  readonly onText: OnText | null;
}

interface Body {
  readonly offer: Offer;
  readonly subject: string | null;
  readonly text: CheckedText;
}

/**
 * Reads the answer of a model as it arrives: its declared offer is checked first, its text sentence by sentence. If the text
 * does not state the offer it declared, our own sentences for it are added.
 */
export class AnswerReader {
  readonly #options: AnswerReaderOptions;
  readonly #header = new HeaderReader();
  readonly #splitter = new SentenceSplitter();
  #body: Body | null = null;
  #refused: string | null = null;

  constructor(options: AnswerReaderOptions) {
    this.#options = options;
  }

  /** Whether any of it has been shown. */
  get hasShown(): boolean {
    return this.#options.onText !== null && this.#body !== null && this.#body.text.shown !== "";
  }

  /** Why sentences were withheld. */
  get withheld(): readonly string[] {
    return this.#body?.text.withheld ?? [];
  }

  /** @returns whether to continue reading. */
  async push(piece: string): Promise<boolean> {
    if (this.#body !== null) return await this.#read(this.#body, piece);
    const found = this.#header.push(piece);
    return found === null || (await this.#begin(found.header, found.rest));
  }

  /** @param isCut whether the model broke off. */
  async end({ isCut }: { readonly isCut: boolean }): Promise<Outcome> {
    if (this.#body === null && this.#refused === null) {
      const { header, rest } = this.#header.end();
      await this.#begin(header, rest);
    }
    if (this.#body === null) return { refused: this.#refused ?? "the answer is empty" };
    return await this.#end(this.#body, isCut);
  }

  async #begin(header: Header, rest: string): Promise<boolean> {
    const { brief, limit, onText } = this.#options;
    const declared = readDeclaredOffer(header.offer, limit);
    if ("problem" in declared) {
      this.#refused = declared.problem;
      return false;
    }
    const { offer } = declared;
    const check = createOfferCheck(checkInput(brief, offer));
    const subject = header.subject === null || header.subject.trim() === "" ? null : check(header.subject);
    const said = subject?.forbidden === null ? subject : null;
    this.#body = {
      offer,
      subject: said === null ? null : header.subject,
      text: new CheckedText(check, said, onText ?? (() => undefined)),
    };
    return await this.#read(this.#body, rest);
  }

  async #read({ text }: Body, piece: string): Promise<boolean> {
    for (const sentence of this.#splitter.push(piece)) await text.push(sentence);
    return !text.isDoubtful && text.shown.length <= bodyCharsMax;
  }

  async #end({ offer, subject, text }: Body, isCut: boolean): Promise<Outcome> {
    const { brief, onText } = this.#options;
    const last = this.#splitter.end({ isCut });
    if (last !== null && !text.isDoubtful) await text.push(last);
    if (!this.hasShown && (text.isDoubtful || text.passed.trim().length < bodyCharsMin)) {
      return { refused: text.withheld.join("; ") || "the message is empty" };
    }
    const missing = offerSentences(brief, offer, text.states);
    await text.end({ isOfferNext: missing.length > 0 });
    const own = missing.map((sentence, index) => (index === 0 ? "\n\n" : " ") + sentence);
    for (const sentence of own) await onText?.(sentence);
    return { written: { subject, body: (text.shown + own.join("")).trim(), offer, isComplete: !isCut } };
  }
}

/** The facts against which sentences about this cart are checked. */
export function checkInput({ cart, language, shopperName }: MessageBrief, offer: Offer): CheckInput {
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
