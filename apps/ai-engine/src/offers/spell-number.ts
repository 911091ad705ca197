import type { Language } from "../language.ts";

/** Spellings of a whole number from 1 to 99, in folded letters with spaces for hyphens; every usual one. */
export function spellNumber(value: number, language: Language): readonly string[] {
  return spellers[language](value);
}

const spellers: Readonly<Record<Language, (value: number) => readonly string[]>> = {
  en: (value) => {
    const [ten, unit] = split(value);
    return value < 20
      ? [at(enSmall, value)]
      : [join([at(enTens, ten), unit === 0 ? "" : at(enSmall, unit)], " ")];
  },
  de: (value) => variants(germanic(value, { small: deSmall, tens: deTens, and: "und", one: "ein" })),
  nl: (value) => variants(germanic(value, { small: nlSmall, tens: nlTens, and: "en", one: "een" })),
  fr: (value) => [spellFrench(value), ...spellBelgian(value)],
  es: (value) => {
    const [ten, unit] = split(value);
    if (value < 30) return [at(esSmall, value)];
    return [join([at(esTens, ten), unit === 0 ? "" : `y ${at(esSmall, unit)}`], " ")];
  },
};

const enSmall = words(
  "_ one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
);
const enTens = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety");
const deSmall = words(
  "_ eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
);
const deTens = words("_ _ zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig");
const nlSmall = words(
  "_ een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
);
const nlTens = words("_ _ twintig dertig veertig vijftig zestig zeventig tachtig negentig");
const frSmall = words(
  "_ un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
).map((word) => word.replace("-", " "));
const frTens = words("_ _ vingt trente quarante cinquante soixante");
const esSmall = words(
  "_ uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
);
const esTens = words("_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa");

interface GermanicWords {
  readonly small: readonly string[];
  readonly tens: readonly string[];
  readonly and: string;
  readonly one: string;
}

/** The unit comes first: `einundzwanzig`, `eenentwintig`. */
function germanic(value: number, { small, tens, and, one }: GermanicWords): string {
  const [ten, unit] = split(value);
  if (value < 20) return at(small, value);
  return join([unit === 0 ? "" : `${unit === 1 ? one : at(small, unit)}${and}`, at(tens, ten)], "");
}

/** `zwölf` is also written `zwoelf`. */
function variants(word: string): readonly string[] {
  return [word, word.replace("funf", "fuenf").replace("zwolf", "zwoelf")];
}

function spellFrench(value: number): string {
  const [ten, unit] = split(value);
  if (value < 20) return at(frSmall, value);
  if (value === 80) return "quatre vingts";
  if (ten >= 8) return `quatre vingt ${at(frSmall, value - 80)}`;
  const base = at(frTens, Math.min(ten, 6));
  const rest = ten === 7 ? value - 60 : unit;
  if (rest === 0) return base;
  return `${base} ${rest === 1 || rest === 11 ? "et " : ""}${at(frSmall, rest)}`;
}

function spellBelgian(value: number): readonly string[] {
  const [ten, unit] = split(value);
  const base = { 7: "septante", 8: "huitante", 9: "nonante" }[ten];
  if (base === undefined) return [];
  return [unit === 0 ? base : `${base} ${unit === 1 ? "et un" : at(frSmall, unit)}`];
}

function split(value: number): readonly [ten: number, unit: number] {
  return [Math.floor(value / 10), value % 10];
}

function words(list: string): readonly string[] {
  return list.split(" ");
}

function at(list: readonly string[], index: number): string {
  const word = list[index];
  if (word === undefined || word === "_") throw new RangeError(`no word for ${index}`);
  return word;
}

function join(parts: readonly string[], separator: string): string {
  return parts.filter((part) => part !== "").join(separator);
}
