import type { Language } from "../language.ts";
import type { LanguagePatterns } from "./lexicon.ts";
import { marks } from "./marks.ts";
import { numberWords } from "./number-words.ts";

/** A figure or a currency sign that is not part of the offer, the total or a count. */
export function findFigure(text: string, language: Language): string | null {
  return (
    /[\d%$€£¥][\d%$€£¥.,]*/u.exec(text)?.[0] ??
    handedOutCounts.exec(text)?.[0] ??
    wordIn(text, numberWords(language))
  );
}

/** "buy 2 x Mug, get 1 x Cup": counts may be stated, not given away. */
const handedOutCounts = new RegExp(
  String.raw`(?<!\p{L})(?:buy|get|gets|take|receive|pick|kauf\p{L}*|nimm|nehm\p{L}*|erhalt\p{L}*|bekomm\p{L}*|achet\p{L}*|prenez|prend|recevez|obtenez|compr\p{L}*|llev\p{L}*|recib\p{L}*|koop\p{L}*|krijg\p{L}*|neem|pak|ontvang\p{L}*|haal\p{L}*|halen)\P{L}{1,4}(?:\p{L}+\P{L}{1,3})?${marks.count}`,
  "u",
);

/** Possible codes: capitals, or a word in quotes. `text` is folded, with capitals and with the names marked. */
export function findCodeLike(text: string, { plainWords }: LanguagePatterns): string | null {
  for (const [word] of text.matchAll(/(?<![\p{L}\p{N}])[A-Z][A-Z0-9_-]{2,}(?![\p{L}\p{N}])/gu)) {
    if (!plainWords.has(word.toLowerCase()) && !acronyms.has(word)) return word;
  }
  return quoted.exec(text)?.[0] ?? null;
}

const acronyms: ReadonlySet<string> = new Set([
  "FAQ",
  "USB",
  "LED",
  "DIY",
  "PPS",
  "XXL",
  "HDMI",
  "OLED",
  "SMS",
  "BBQ",
]);
const quoted = /(?<!\p{L})(["'])[^"'\ue000-\uf8ff]{2,24}\1(?!\p{L})/u;

/** Words that extend the offer, in a text that states it. */
export function findBeyondOffer(text: string, patterns: LanguagePatterns): string | null {
  const times = text.split(marks.figure).length - 1;
  if (times > 1) return "the discount more than once";
  if (text.search(signAtFigure) >= 0) return "a sign at the discount";
  if (times === 1 && !text.includes(marks.discount)) return "a figure that is not said to be a discount";
  const turned = patterns.notBeforeFigure.exec(text)?.[0];
  if (turned !== undefined) return `${turned} before the discount`;
  return findUnknownWord(text, patterns.offerWords);
}

const signAtFigure = new RegExp(String.raw`[-+/<>×%]\s?${marks.figure}|${marks.figure}\s?[-+/<>×%]`, "u");

/** Words that turn the cart's total into something else, in a text that names it. */
export function findBeyondTotal(text: string, patterns: LanguagePatterns): string | null {
  if (text.split(marks.total).length > 2) return "the total more than once";
  if (text.search(patterns.totals) < 0) return "an amount that is not said to be the total";
  return findUnknownWord(text, patterns.totalWords);
}

/** A word that is not known to leave the sentence unchanged. */
function findUnknownWord(text: string, known: RegExp): string | null {
  return /\p{L}+/u.exec(text.replaceAll(known, " "))?.[0] ?? null;
}

function wordIn(text: string, words: ReadonlySet<string>): string | null {
  for (const [word] of text.matchAll(/\p{L}+/gu)) if (words.has(word)) return word;
  return null;
}
