import { CheckedText } from "../../src/messages/checked-text.ts";
import { type Language } from "../../src/language.ts";
import { MessageRequest, type MessageRequestBody, toBrief } from "../../src/messages/message-request.ts";
import { SentenceSplitter } from "../../src/messages/split-sentences.ts";
import { checkInput } from "../../src/messages/answer-reader.ts";
import { createOfferCheck } from "../../src/offers/check-sentence.ts";
import { noOffer, type Offer } from "../../src/offers/offer.ts";
import { Value } from "@sinclair/typebox/value";

export const tenPercent: Offer = { ...noOffer, percentOff: 10, code: "BACK10" };
export const fiveEuros: Offer = { ...noOffer, amountOffMinor: 500 };
export const freeShipping: Offer = { ...noOffer, freeShipping: true };

export const mugRequest: MessageRequestBody = {
  cart: {
    cartId: "c-1",
    currency: "EUR",
    valueMinor: 3998,
    items: [{ sku: "A-1", name: "Mug A-100", quantity: 2, priceMinor: 1999 }],
  },
  shopper: { name: "Ada" },
};

export interface ShowOptions {
  readonly offer?: Offer;
  readonly language?: Language;
  readonly request?: MessageRequestBody;
  /** How many characters come at once; all by default. */
  readonly pieceChars?: number;
}

/** The part of a model's text that a shopper is shown, piece by piece as the check releases it. */
export async function showText(text: string, options: ShowOptions = {}): Promise<string> {
  const { offer = noOffer, language = "en", request = mugRequest, pieceChars = text.length } = options;
  if (!Value.Check(MessageRequest, request)) throw new Error("the request of the test is not valid");
  const check = createOfferCheck(checkInput(toBrief({ ...request, language }), offer));
  let shown = "";
  const checked = new CheckedText(check, null, (piece) => {
    shown += piece;
  });
  const splitter = new SentenceSplitter();
  for (let at = 0; at < text.length; at += Math.max(1, pieceChars)) {
    for (const sentence of splitter.push(text.slice(at, at + Math.max(1, pieceChars))))
      await checked.push(sentence);
  }
  const last = splitter.end({ isCut: false });
  if (last !== null) await checked.push(last);
  await checked.end({ isOfferNext: false });
  return shown;
}
