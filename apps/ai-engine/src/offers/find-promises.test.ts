import { describe, expect, test } from "bun:test";
import { channels, languages, tones } from "../messages/message-request.ts";
import { composeFromTemplate } from "../messages/templates.ts";
import { findForbiddenPromise } from "./find-promises.ts";
import { decideOffer, noOffer, type Offer } from "./offer.ts";

const allowed = { amounts: [19.99, 39.98], words: ["Mug A-100", "SKU1234"] };
const ten: Offer = { ...noOffer, percentOff: 10, code: "BACK10" };

describe("a promise beyond the offer is found", () => {
  const cases: [string, Offer][] = [
    ["Take 20% off today!", ten],
    ["Take 20 percent off.", ten],
    ["Nimm 15 Prozent Rabatt.", ten],
    ["Get ten percent off.", noOffer],
    ["Profitez de vingt pour cent.", ten],
    ["We take €50 off.", ten],
    ["Save 5,00 EUR now.", ten],
    ["Enjoy free shipping.", ten],
    ["Kostenloser Versand inklusive.", ten],
    ["Livraison gratuite !", ten],
    ["Envío gratis para ti.", ten],
    ["Gratis verzending.", ten],
    ["A discount awaits you.", noOffer],
    ["Ein Gutschein wartet.", noOffer],
    ["Buy one, take two.", ten],
    ["It comes with a free gift.", ten],
    ["Money back if unhappy.", ten],
    ["Use the code SAVE99 now.", ten],
    ["Half-price today.", ten],
  ];
  for (const [text, offer] of cases) {
    test(text, () => expect(findForbiddenPromise(text, offer, allowed)).not.toBeNull());
  }
});

describe("what the offer and the cart hold may be said", () => {
  const cases: [string, Offer][] = [
    ["Your Mug A-100 for €19.99 is waiting, 39,98 € in all.", noOffer],
    ["Take 10% off with the code BACK10.", ten],
    ["Nimm 10 % Rabatt.", ten],
    ["Free shipping for this order.", { ...noOffer, freeShipping: true }],
    ["You left something behind.", noOffer],
  ];
  for (const [text, offer] of cases) {
    test(text, () => expect(findForbiddenPromise(text, offer, allowed)).toBeNull());
  }
});

test("no template promises more than its offer, in any language, tone or channel", () => {
  const cart = {
    cartId: "c",
    currency: "EUR",
    valueMinor: 3998,
    items: [{ sku: "a", name: "Mug A-100", quantity: 2, priceMinor: 1999 }],
  };
  const offers = [noOffer, ten, { ...noOffer, amountOffMinor: 500 }, { ...noOffer, freeShipping: true }];
  for (const language of languages) {
    for (const tone of tones) {
      for (const channel of channels) {
        for (const offer of offers) {
          const brief = { cart, shopperName: "Ada", tone, channel, language, incentive: {} };
          const { subject, sentences } = composeFromTemplate(brief, offer);
          const figures = { amounts: [39.98, 19.99, 5], words: ["Mug A-100"] };
          for (const sentence of [subject, ...sentences])
            expect(findForbiddenPromise(sentence, offer, figures)).toBeNull();
        }
      }
    }
  }
});

test("the offer is the larger discount within the limits, and never more than the cart", () => {
  expect(decideOffer({ maxPercentOff: 10, maxAmountOffMinor: 300 }, 10_000)).toMatchObject({
    percentOff: 10,
    amountOffMinor: 0,
  });
  expect(decideOffer({ maxPercentOff: 10, maxAmountOffMinor: 300 }, 1000)).toMatchObject({
    percentOff: 0,
    amountOffMinor: 300,
  });
  expect(decideOffer({ maxAmountOffMinor: 900 }, 500)).toMatchObject({ amountOffMinor: 500 });
  expect(decideOffer({ code: "X1" }, 500)).toEqual(noOffer);
});
