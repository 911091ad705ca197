import { describe, expect, test } from "bun:test";
import { languages } from "../src/language.ts";
import { noOffer } from "../src/offers/offer.ts";
import { harmless } from "./harmless-texts.ts";
import found from "./fixtures/attacks.json" with { type: "json" };
import { attacks, splitAttacks } from "./offer-attacks.ts";
import { statements } from "./offer-statements.ts";
import { showText, tenPercent } from "./support/show-text.ts";

for (const language of languages) {
  describe(`a promise beyond the offer is never shown (${language})`, () => {
    test.each([...attacks[language]])("%s", async (text) => {
      for (const offer of [noOffer, tenPercent]) expect(await showText(text, { offer, language })).toBe("");
    });
  });

  describe(`harmless text is shown unchanged (${language})`, () => {
    test.each([...harmless[language]])("%s", async (text) => {
      for (const offer of [noOffer, tenPercent]) expect(await showText(text, { offer, language })).toBe(text);
    });
  });

  describe(`the offer may be stated if it was made, and only then (${language})`, () => {
    test.each([...statements[language]])("%s", async (text) => {
      expect(await showText(text, { offer: tenPercent, language })).toBe(text);
      expect(await showText(text, { offer: noOffer, language })).toBe("");
      expect(await showText(text, { offer: { ...noOffer, percentOff: 9, code: "BACK9" }, language })).toBe(
        "",
      );
    });
  });
}

test.each([...languages])(
  "promises known from attacks are never shown (%s)",
  async (language) => {
    const shown: string[] = [];
    for (const text of found[language]) {
      for (const offer of [noOffer, tenPercent])
        if ((await showText(text, { offer, language })) !== "") shown.push(text);
    }
    expect(shown).toEqual([]);
  },
  60_000,
);

describe("a promise in parts is never shown", () => {
  test.each([...splitAttacks])("%j", async (text, neverShown) => {
    for (const pieceChars of [1, 7, text.length])
      expect(await showText(text, { offer: tenPercent, pieceChars })).not.toContain(neverShown);
  });
});
