import { describe, expect, test } from "bun:test";
import { languages } from "../src/language.ts";
import {
  type Channel,
  channels,
  type MessageRequestBody,
  toBrief,
  tones,
} from "../src/messages/message-request.ts";
import { composeFromTemplate } from "../src/messages/templates.ts";
import { checkInput } from "../src/messages/answer-reader.ts";
import { createOfferCheck } from "../src/offers/check-sentence.ts";
import { noOffer } from "../src/offers/offer.ts";
import { fiveEuros, freeShipping, mugRequest, showText, tenPercent } from "./support/show-text.ts";

function cartOf(...names: readonly string[]): MessageRequestBody {
  const items = names.map((name, index) => ({ sku: `S-${index}`, name, quantity: 1, priceMinor: 1000 }));
  return { cart: { ...mugRequest.cart, items }, shopper: { name: "Ada" } };
}

describe("an item's name cannot bypass the offer check", () => {
  const attempts: [text: string, ...names: string[]][] = [
    ["It is on the House.", "House"],
    ["Shipping is on Us.", "Us"],
    ["Take 10% off and 50 more.", "50"],
    ["Take Ninety percent off.", "Ninety"],
    ["Use the code SPRING25.", "SPRING25"],
    ["Just enter SPRING25 at checkout.", "SPRING25"],
    ["Double 10% off.", "Double"],
    ["Mug A 10% off, Mug B 10% off.", "Mug A", "Mug B"],
    ["Take 90 % off.", "90 %"],
    ["Buy 1 Mug, get 1 Mug.", "Mug"],
    ["Half Price Mug for you.", "Price Mug"],
    ["Free99 is for you.", "Free99"],
    ["We have a discɵunt here.", "ɵ"],
  ];
  test.each(attempts)("%s (%s)", async (text, ...names) => {
    for (const offer of [noOffer, tenPercent])
      expect(await showText(text, { offer, request: cartOf(...names) })).toBe("");
  });

  test("even if its letters, figures and symbols are allowed", async () => {
    const names = ["Кружка Матрёшка", "iPhone 15 Pro", "Extra Virgin Oil 500ml", "Größe „M“ №5"];
    for (const name of names) {
      const text = `Your ${name} is still here.`;
      expect(await showText(text, { request: cartOf(name) })).toBe(text.normalize("NFC"));
    }
  });
});

test("no template promises more than its offer, in any language, tone or channel", () => {
  const offers = [
    noOffer,
    tenPercent,
    fiveEuros,
    freeShipping,
    { ...freeShipping, percentOff: 25, code: "FREE-25" },
  ];
  const short = new Set<Channel>(["sms", "push"]);
  for (const language of languages) {
    const { cart, shopperName } = toBrief({ ...mugRequest, language });
    for (const tone of tones) {
      for (const channel of channels) {
        for (const offer of offers) {
          const brief = { cart, shopperName, tone, channel, language, incentive: {} };
          const { subject, sentences } = composeFromTemplate(brief, offer);
          const check = createOfferCheck(checkInput(brief, offer));
          const readings = [subject, ...sentences].map((sentence) => ({ sentence, ...check(sentence) }));
          expect(readings.filter(({ forbidden }) => forbidden !== null)).toEqual([]);
          expect(readings.some(({ states }) => states.discount)).toBe(
            offer.percentOff + offer.amountOffMinor > 0,
          );
          expect(readings.some(({ states }) => states.shipping)).toBe(offer.freeShipping);
          expect(readings.some(({ states }) => states.code)).toBe(offer.code !== null);
          expect(sentences.join("").includes("Ada")).toBe(!short.has(channel));
        }
      }
    }
  }
});
