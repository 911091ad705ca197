import type { Language } from "../language.ts";
import { dutch } from "./words/dutch.ts";
import { elsewhere, plainestEverywhere } from "./words/elsewhere.ts";
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
const topics = entriesOfAll((words) => `${words.topics}, ${words.giving}`);
const everything = [...new Set([...promises, ...topics])];

/** Words to search for: anywhere in a text, and as a whole word joined from pieces. */
export interface DeniedWords {
  readonly anywhere: RegExp;
  readonly whole: RegExp;
}

/** The words of all languages together: a model may answer in another language than requested. */
export const lexicon = {
  /** Words that only a sentence that states the offer may contain. */
  denied: deniedWords(everything),
  deniedPhrases: anyOfEntries(everything.filter(isPhrase)),
  /** Words that make a promise anywhere, even in the name of an item. */
  promises: deniedWords(promises),
  /** Words of which a name may contain one, but not several, nor a phrase. */
  topics: anyOfEntries(topics),
  topicPhrases: anyOfEntries(topics.filter(isPhrase)),
  percentWords: alternatives(percent),
  codeWords: alternatives(entriesOfAll((words) => words.code)),
} as const;

export interface LanguagePatterns {
  readonly harmless: RegExp;
  /** `100 % cotton`. */
  readonly pureMaterial: RegExp;
  readonly discount: RegExp;
  readonly code: RegExp;
  readonly redeeming: RegExp;
  readonly giving: RegExp;
  readonly freeShipping: RegExp;
  readonly amplifiers: RegExp;
  readonly plainest: readonly string[];
  readonly counted: RegExp;
  readonly notBeforeFigure: RegExp;
  readonly offerWords: RegExp;
  readonly totalWords: RegExp;
  readonly totals: RegExp;
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
    giving: pattern(words.giving),
    freeShipping: pattern(words.freeShipping),
    amplifiers: pattern(words.amplifiers),
    plainest: entriesOf(`${words.plainest}, ${plainestEverywhere}`),
    counted: pattern(words.counted),
    notBeforeFigure: new RegExp(
      String.raw`${pattern(words.notBeforeFigure).source}[^\p{L}\p{N}]{0,3}${marks.figure}`,
      "u",
    ),
    offerWords: pattern(words.offerWords),
    totalWords: pattern(words.totalWords),
    totals: pattern(words.totals),
    plainWords: new Set([...entriesOf(words.offerWords), ...entriesOf(words.totalWords)]),
  };
}

function after(prefix: string, list: string): RegExp {
  return new RegExp(prefix + anyOfEntries(entriesOf(list)).source, "gu");
}

function deniedWords(entries: readonly string[]): DeniedWords {
  const words = entries.filter((entry) => !isPhrase(entry));
  return { anywhere: anyOfEntries(entries), whole: new RegExp(`^(?:${alternatives(words)})$`, "u") };
}

/** As part of a pattern; the words of a phrase parted by a space or a hyphen. */
function alternatives(entries: readonly string[]): string {
  return entries.map((entry) => entry.replaceAll(" ", "[ -]").replaceAll("*", String.raw`\p{L}*`)).join("|");
}
