import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { type Language, languages } from "../src/language.ts";
import { noOffer } from "../src/offers/offer.ts";
import { safeItemName } from "../src/offers/safe-name.ts";
import { harmless } from "./harmless-texts.ts";
import { attacks } from "./offer-attacks.ts";
import { showText, tenPercent } from "./support/show-text.ts";

/** How a promise is disguised: each keeps what a reader sees, or nearly. */
const disguises: Readonly<Record<string, (text: string, at: number) => string>> = {
  "as it is": (text) => text,
  "in capitals": (text) => text.toUpperCase(),
  "full-width": (text) =>
    text.replaceAll(/[!-~]/g, (sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0)),
  "zero-width spaces": (text) => text.replaceAll(/(?<=.)(?=.)/gsu, "\u200b"),
  "soft hyphens": (text) => text.replaceAll(/(?<=\p{L})(?=\p{L})/gu, "\u00ad"),
  "combining marks": (text) => text.replaceAll(/\p{L}/gu, "$&\u0323"),
  "Cyrillic letters": (text) =>
    text.replaceAll(
      /[aceopxyi]/g,
      (letter) => ({ a: "а", c: "с", e: "е", o: "о", p: "р", x: "х", y: "у", i: "і" })[letter] ?? letter,
    ),
  "no-break spaces": (text) => text.replaceAll(" ", "\u00a0"),
  "wide spaces": (text) => text.replaceAll(" ", " \t \u2003 "),
  "styled letters": (text) =>
    text.replaceAll(/[a-z]/g, (letter) => String.fromCodePoint(0x1d41a + (letter.codePointAt(0) ?? 0) - 97)),
  emphasis: (text) => text.replaceAll(/\p{L}+/gu, "**$&**"),
  "a new line": (text, at) => cut(text, at, "\n"),
  "a hyphen": (text, at) =>
    text.replaceAll(/(?<=\p{L}{2})(?=\p{L}{2})/gu, (_, offset: number) =>
      offset === at % text.length ? "-" : "",
    ),
  "direction marks": (text) => `\u202a${text}\u202c`,
  "a list": (text, at) => `- ${cut(text, at, "\n- ")}`,
};

/** Inserts something at one of a text's spaces. */
function cut(text: string, at: number, between: string): string {
  const words = text.split(/[ \u00a0]/);
  const place = 1 + (at % Math.max(1, words.length - 1));
  return `${words.slice(0, place).join(" ")}${between}${words.slice(place).join(" ")}`;
}

/** The letters and digits of a text, however it is disguised: by other means than those of the check. */
function lettersOf(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/[асеорхуі]/g, (letter) => "aceopxyi"["асеорхуі".indexOf(letter)] ?? "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9%€£$½]/g, "");
}

const disguised = fc.record({
  language: fc.constantFrom(...languages),
  asked: fc.constantFrom(...languages),
  attack: fc.nat(),
  disguise: fc.constantFrom(...Object.keys(disguises)),
  at: fc.nat(1000),
  before: fc.nat(),
  after: fc.nat(),
  pieceChars: fc.integer({ min: 1, max: 50 }),
  isOffered: fc.boolean(),
});

/** Attacks in letters and figures: a disguise of a disguised one has no letters to compare. */
const plainAttacks = Object.fromEntries(
  languages.map((language) => [
    language,
    attacks[language].filter((text) => /^[ -~\u00a0-\u017f\u20ac]+$/u.test(text)),
  ]),
);

/** For a machine that has much else to do. */
const patientMs = 60_000;

function pick(list: readonly string[], index: number): string {
  return list[index % list.length] ?? "";
}

describe("for generated texts", () => {
  test(
    "no promise is shown in any disguise, language, position or split",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          disguised,
          async ({ language, asked, attack, disguise, at, before, after, pieceChars, isOffered }) => {
            const promise = pick(plainAttacks[language] ?? [], attack);
            const text = [
              pick(harmless[asked], before),
              (disguises[disguise] ?? String)(promise, at),
              pick(harmless[asked], after),
            ].join(" ");
            const offer = isOffered ? tenPercent : noOffer;
            const shown = await showText(text, { offer, language: asked, pieceChars });
            expect(lettersOf(shown)).not.toContain(lettersOf(promise));
          },
        ),
        { numRuns: 400 },
      );
    },
    patientMs,
  );

  test(
    "no promise is shown as an item's name, in any disguise",
    async () => {
      await fc.assert(
        fc.property(disguised, ({ language, attack, disguise, at, isOffered }) => {
          const promise = pick(plainAttacks[language] ?? [], attack);
          const name = `${isOffered ? "Mug — " : ""}${(disguises[disguise] ?? String)(promise, at)}`;
          expect(lettersOf(safeItemName(name, language))).not.toContain(lettersOf(promise));
        }),
        { numRuns: 400 },
      );
    },
    patientMs,
  );

  test(
    "no figures are shown except the offer's, the cart's total and counts",
    async () => {
      const words = fc.constantFrom(
        ..."10 % 20 15% 10% € 39.98 €39.98 €5 5 2 off take save now your order Mug A-100 discount percent prozent ten twenty zwanzig for with code BACK10 SAVE20 and or - + . \n ! euro rabatt remise descuento korting free".split(
          " ",
        ),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(words, { minLength: 1, maxLength: 14 }),
          fc.constantFrom<Language>(...languages),
          async (parts, language) => {
            const shown = await showText(parts.join(" "), { offer: tenPercent, language });
            const rest = shown
              .replaceAll(/Mug A-100/g, "")
              .replaceAll(/\b10 ?%|\bcode BACK10\b|€ ?39\.98|39\.98 ?€|(?<![\d.,])2 (?:Mug)?/g, "");
            expect(rest.replaceAll(/10 (?:percent|prozent)/g, "")).not.toMatch(
              /\d|%|€|SAVE|twenty|zwanzig|free/,
            );
          },
        ),
        { numRuns: 400 },
      );
    },
    patientMs,
  );

  test(
    "the result does not depend on how the text is split",
    async () => {
      const texts = fc.array(
        fc.constantFrom(...languages.flatMap((language) => [...attacks[language], ...harmless[language]])),
        { minLength: 1, maxLength: 6 },
      );
      await fc.assert(
        fc.asyncProperty(
          texts,
          fc.constantFrom(" ", "\n", "\n\n"),
          fc.integer({ min: 1, max: 30 }),
          async (parts, gap, pieceChars) => {
            const text = parts.join(gap);
            expect(await showText(text, { offer: tenPercent, pieceChars })).toBe(
              await showText(text, { offer: tenPercent }),
            );
          },
        ),
        { numRuns: 200 },
      );
    },
    patientMs,
  );
});
