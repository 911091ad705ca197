import { type Language, languages } from "../language.ts";
import { spellNumber } from "./spell-number.ts";

/** Number words from ten up in every language, except those that mean something else in this one: a price may be written in words. */
export function numberWords(language: Language): ReadonlySet<string> {
  return tables[language];
}

/** Words of one language that are everyday words of another. */
const ambiguous: ReadonlySet<string> = new Set([
  "once",
  "onze",
  "elf",
  "seize",
  "dix",
  "cent",
  "et",
  "y",
  "un",
  "cien",
  "quatre",
  "trois",
  "deux",
]);

const hundreds =
  "hundred hundreds thousand thousands hundert tausend cent cents mille cientos mil honderd duizend dozen dutzend douzaine vingtaine trentaine cinquantaine centaine docena veintena decena";

function wordsOf(language: Language): readonly string[] {
  const spelled = Array.from({ length: 90 }, (_, index) => spellNumber(index + 10, language)).flat();
  const small = new Set(Array.from({ length: 9 }, (_, index) => spellNumber(index + 1, language)).flat());
  return spelled
    .flatMap((words) => words.split(" "))
    .filter((word) => !small.has(word) && word !== "et" && word !== "y");
}

function tableOf(language: Language): ReadonlySet<string> {
  const foreign = languages.filter((other) => other !== language).flatMap(wordsOf);
  return new Set([
    ...wordsOf(language),
    ...hundreds.split(" "),
    ...foreign.filter((word) => !ambiguous.has(word)),
  ]);
}

const tables: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: tableOf("en"),
  de: tableOf("de"),
  fr: tableOf("fr"),
  es: tableOf("es"),
  nl: tableOf("nl"),
};
