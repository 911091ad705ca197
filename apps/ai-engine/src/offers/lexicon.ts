import type { Language } from "../messages/message-request.ts";
import { dutch } from "./words/dutch.ts";
import { elsewhere } from "./words/elsewhere.ts";
import { english } from "./words/english.ts";
import { french } from "./words/french.ts";
import { german } from "./words/german.ts";
import { marks } from "./marks.ts";
import type { LanguageWords } from "./words/language-words.ts";
import { spanish } from "./words/spanish.ts";
import { anyOfEntries, entriesOf, isPhrase } from "./word-patterns.ts";

const byLanguage: Readonly<Record<Language, LanguageWords>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
  nl: dutch,
};
const all = Object.values(byLanguage);

function entriesOfAll(pick: (words: LanguageWords) => string): readonly string[] {
  return [...new Set(all.flatMap((words) => entriesOf(pick(words))))];
}

const percent = entriesOfAll((words) => words.percent);
const promises = [...percent, ...entriesOfAll((words) => words.promises), ...entriesOf(elsewhere)];
const everything = [...new Set([...promises, ...entriesOfAll((words) => words.topics)])];

/** The words of all languages together: a model may answer in another language than it was asked for. */
export const lexicon = {
  /** What bears a promise wherever it stands, in the name of an item too. */
  promises: anyOfEntries(promises),
  /** What no sentence may hold unless it states the offer. */
  denied: anyOfEntries(everything),
  deniedPhrases: anyOfEntries(everything.filter(isPhrase)),
  /** A word that is denied, and nothing else. */
  deniedWhole: wholeOf(everything.filter((entry) => !isPhrase(entry))),
  percentWords: percent
    .map((entry) => entry.replaceAll(" ", "[ -]").replaceAll("*", String.raw`\p{L}*`))
    .join("|"),
  codeWords: entriesOfAll((words) => words.code)
    .map((entry) => entry.replaceAll(" ", "[ -]"))
    .join("|"),
} as const;

export interface LanguagePatterns {
  readonly harmless: RegExp;
  /** `100 % cotton`. */
  readonly pureMaterial: RegExp;
  readonly discount: RegExp;
  readonly code: RegExp;
  readonly redeeming: RegExp;
  readonly freeShipping: RegExp;
  readonly amplifiers: RegExp;
  readonly counted: RegExp;
  readonly notBeforeFigure: RegExp;
  readonly offerWords: RegExp;
  readonly totalWords: RegExp;
  /** Single words that say nothing of themselves, however they are written. */
  readonly plainWords: ReadonlySet<string>;
}

export const languagePatterns: Readonly<Record<Language, LanguagePatterns>> = {
  en: compile(english),
  de: compile(german),
  fr: compile(french),
  es: compile(spanish),
  nl: compile(dutch),
};

function compile(words: LanguageWords): LanguagePatterns {
  const pattern = (list: string): RegExp => anyOfEntries(entriesOf(list));
  return {
    harmless: pattern(words.harmless),
    pureMaterial: after(String.raw`(?<![\p{N}.,])100 ?% `, words.materials),
    discount: pattern(words.discount),
    code: pattern(words.code),
    redeeming: pattern(words.redeeming),
    freeShipping: pattern(words.freeShipping),
    amplifiers: pattern(words.amplifiers),
    counted: pattern(words.counted),
    notBeforeFigure: new RegExp(
      String.raw`${pattern(words.notBeforeFigure).source}[^\p{L}\p{N}]{0,3}${marks.figure}`,
      "u",
    ),
    offerWords: pattern(words.offerWords),
    totalWords: pattern(words.totalWords),
    plainWords: new Set([...entriesOf(words.offerWords), ...entriesOf(words.totalWords)]),
  };
}

function after(prefix: string, list: string): RegExp {
  return new RegExp(prefix + anyOfEntries(entriesOf(list)).source, "gu");
}

function wholeOf(words: readonly string[]): RegExp {
  return new RegExp(`^(?:${words.map((word) => word.replaceAll("*", String.raw`\p{L}*`)).join("|")})$`, "u");
}
