import { formatMoney, minorDigits } from "../messages/money.ts";
import { type Language, languages } from "../language.ts";
import { foldText } from "./fold-text.ts";
import { lexicon } from "./lexicon.ts";
import { marks } from "./marks.ts";
import { spellNumber } from "./spell-number.ts";

/**
 * Every accepted notation of this percentage: `10%`, `10 percent`, `zehn Prozent`. Any other notation
 * is not understood, and what is not understood is withheld.
 */
export function percentPattern(percent: number): RegExp {
  if (percent <= 0) return never;
  const spelled = new Set(languages.flatMap((language) => spellNumber(percent, language)));
  const words = [...spelled].map((word) => word.replaceAll(" ", "[ -]")).join("|");
  return new RegExp(
    String.raw`(?<![\p{L}\p{N}]|[\p{N}][.,:/ -])(?:(?:${percent})(?:[.,]0{1,2})? ?(?:%|(?:${lexicon.percentWords})(?!\p{L}))|(?:${words})[ -](?:${lexicon.percentWords})(?!\p{L}))(?![\p{N}%])`,
    "giu",
  );
}

/** Every accepted notation of this amount in this language: `19,99 €`, `EUR 19,99`. */
export function amountPattern(amountMinor: number, currency: string, language: Language): RegExp {
  if (amountMinor <= 0) return never;
  const shown = foldText(formatMoney(amountMinor, currency, language));
  const figure = /[\d][\d.,' ]*[\d]|\d/.exec(shown)?.[0] ?? "";
  const isWhole = amountMinor % 10 ** minorDigits(currency) === 0;
  const figures = isWhole ? [figure, figure.replace(/[.,]0+$/, "")] : [figure];
  const sign = shown.replace(figure, "").trim();
  const forms = figures.flatMap((one) =>
    [
      shown.replace(figure, one),
      `${sign}${one}`,
      `${one} ?${sign}`,
      `${currency} ?${one}`,
      `${one} ?${currency}`,
    ].map((form) => form.split(" ?").map(escapeRegExp).join(" ?")),
  );
  return new RegExp(
    String.raw`(?<![\p{L}\p{N}$€£¥%]|[\p{N}][.,:/ -]|[-+] ?)(?:${forms.join("|")})(?![\p{L}\p{N}$€£¥%]|[.,]\p{N}| ?[%])`,
    "giu",
  );
}

/** The code directly after a word for code: elsewhere the same letters may mean something else. Ignores case. */
export function codePattern(code: string | null): RegExp {
  if (code === null) return never;
  return new RegExp(
    String.raw`(?<=(?<!\p{L})(?:${lexicon.codeWords})(?: (?:is|lautet|ist|est|es))?[ :'"]{1,4})${escapeRegExp(code)}(?![\p{L}\p{N}_-])`,
    "giu",
  );
}

/**
 * A name of the cart, as a whole. Names of a single letter are skipped: they would match in every word.
 *
 * @param write how names are spelled in the searched text: folded by default.
 */
export function namePattern(names: readonly string[], write: (name: string) => string = foldText): RegExp {
  const known = names
    .map((name) => write(name).trim())
    .filter((name) => (name.match(/\p{L}/gu)?.length ?? 0) >= 2)
    .toSorted((left, right) => right.length - left.length);
  if (known.length === 0) return never;
  return new RegExp(
    String.raw`(?<![\p{L}\p{N}])(?:${known.map(escapeRegExp).join("|")})(?![\p{L}\p{N}])`,
    "giu",
  );
}

/** One of the cart's own counts followed by `x`, a name or a word for things or time; `24/7`. */
export function countPattern(counts: readonly number[], counted: RegExp): RegExp {
  const known = [...new Set(counts)].map(String).join("|");
  const word = counted.source.slice(counted.source.indexOf("(?:"), counted.source.lastIndexOf("(?!"));
  return new RegExp(
    String.raw`(?<![\p{L}\p{N}]|[\p{N}][.,:/-])(?:(?:${known === "" ? "(?!)" : known}) ?(?:[x×] ?(${marks.name})?|(${marks.name})|${word}(?!\p{L}))|24/7(?!\p{N}))`,
    "gu",
  );
}

const never = /(?!)/gu;

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
