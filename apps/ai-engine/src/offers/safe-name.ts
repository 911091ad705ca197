import type { Language } from "../language.ts";
import { findDenied } from "./find-denied.ts";
import { foldText, stripInvisible } from "./fold-text.ts";
import { holdsAddress } from "./holds-address.ts";
import { languagePatterns, lexicon } from "./lexicon.ts";
import { numberWords } from "./number-words.ts";
import { holdsLettersAsPictures } from "./readable-text.ts";
import { elsewhereInOtherScripts } from "./words/elsewhere.ts";

const itemCharsMax = 80;
const shopperCharsMax = 60;
/** Maximum number of items that are named. */
export const namesToldMax = 10;

/** The replacement for an item's name that contains a promise. */
export const neutralItem: Readonly<Record<Language, string>> = {
  en: "item",
  de: "Artikel",
  fr: "article",
  es: "artículo",
  nl: "artikel",
};

/**
 * The name of an item as shown to a model and a shopper: one line of plain characters, cut at 80. Names come from
 * whoever fills the cart; one that contains a promise, an instruction or an address becomes a neutral word.
 */
export function safeItemName(name: string, language: Language): string {
  const plain = toPlain(name);
  return plain === "" || bearsPromise(plain, language) ? neutralItem[language] : shorten(plain, itemCharsMax);
}

/** The names of a cart's items in order; all neutral if they make a promise when read one after the other. */
export function safeItemNames(names: readonly string[], language: Language): readonly string[] {
  const neutral = neutralItem[language];
  const safe = names.map((name, index) => (index < namesToldMax ? safeItemName(name, language) : neutral));
  const told = safe.filter((name) => name !== neutral);
  const isSafeTogether = findDenied(foldText(told.join(" ")).toLowerCase(), lexicon.promises) === null;
  return isSafeTogether ? safe : safe.map(() => neutral);
}

/** The name of a person; `null` where it cannot be used. */
export function safeShopperName(name: string, language: Language): string | null {
  const plain = toPlain(name);
  const isPerson =
    /^\p{L}[\p{L}\p{M}'’. -]*$/u.test(plain) &&
    plain.length <= shopperCharsMax &&
    plain.split(" ").length <= 5;
  return isPerson && !bearsPromise(plain, language) ? plain : null;
}

/** Whether a name says something that a message may say only if it is offered. True in doubt. */
function bearsPromise(name: string, language: Language): boolean {
  const { pureMaterial, harmless } = languagePatterns[language];
  const text = foldText(name).toLowerCase().replaceAll(pureMaterial, " ").replaceAll(harmless, " ");
  const whole = text.replaceAll(/(?<=\p{L})[^\p{L}\p{N} ]+(?=\p{L})/gu, "");
  const loose = text.replaceAll(/[^\p{L}\p{N}%$€£¥.,]+/gu, " ");
  const spelled = joinSpelled(text);
  return (
    /\p{L}{41}/u.test(text) ||
    mixedScripts.test(stripInvisible(name).normalize("NFKC")) ||
    elsewhereInOtherScripts.test(name.normalize("NFKC")) ||
    holdsLettersAsPictures(name) ||
    holdsAddress(name) ||
    [text, loose, whole, spelled].some((variant) => figures.test(variant) || isSuspect(variant, language)) ||
    [text, text.replaceAll(/\d+/g, " "), spelled, unleet(text), joinSpelled(unleet(text))].some(
      (variant) => findDenied(variant, lexicon.promises) !== null,
    )
  );
}

/** Mentions money or delivery more than once, in a phrase, or with a price: a single such word may be what the item is. */
function isSuspect(text: string, language: Language): boolean {
  const topics = text.match(lexicon.topics)?.length ?? 0;
  return (
    topics > 1 ||
    (topics > 0 && (pricelike.test(text) || numberWordIn(text, language))) ||
    text.search(lexicon.topicPhrases) >= 0
  );
}

function numberWordIn(text: string, language: Language): boolean {
  return text.split(/[^\p{L}]+/u).some((word) => numberWords(language).has(word));
}

const pricelike = /\d[.,]\d\d(?!\d)/u;
/** A percentage, an amount of money, a long number, the address of a person, or a text of several sentences. */
const figures =
  /%|[$€£¥] ?\d|\d ?[$€£¥]|\d ?(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|bucks|quid)\b|\d{7,}|(?<!\p{L})\d{1,2}[^\p{L}\p{N}]{1,4}(?:for|fur|fuer|pour|por|voor)[^\p{L}\p{N}]{1,4}\d|@|[.!?] +\p{L}.*[.!?]/u;
/** Latin and another script in one word: no language does that. */
const mixedScripts =
  /(?:\p{Script=Latin}(?:\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Armenian}|\p{Script=Cherokee}))|(?:(?:\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Armenian}|\p{Script=Cherokee})\p{Script=Latin})/u;

const digitsAsLetters: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "€": "e",
  "£": "l",
  "|": "l",
};

/** `fr33 sh1pping` decoded. */
function unleet(text: string): string {
  return text.replaceAll(/[01345789@$!€£|]/gu, (sign) => digitsAsLetters[sign] ?? sign);
}

/** `f r e e` joined. */
function joinSpelled(text: string): string {
  return text.replaceAll(/(?<!\p{L})\p{L}(?:[^\p{L}\p{N}]{1,3}\p{L}(?!\p{L})){2,}/gu, (run) =>
    run.replaceAll(/[^\p{L}]/gu, ""),
  );
}

/** One line without control characters, invisible characters and markup. */
function toPlain(value: string): string {
  return stripInvisible(value)
    .replaceAll(/[\p{C}<>{}[\]`\\]/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

function shorten(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const cut = text.slice(0, charsMax - 1);
  const end = cut.lastIndexOf(" ");
  return `${cut.slice(0, end > charsMax / 2 ? end : undefined)}…`;
}
