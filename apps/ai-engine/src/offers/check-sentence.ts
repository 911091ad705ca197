import type { Language } from "../language.ts";
import { findDenied, findDeniedOver } from "./find-denied.ts";
import { findMisspelled } from "./find-misspelled.ts";
import { findBeyondOffer, findBeyondTotal, findCodeLike, findFigure } from "./find-unaccounted.ts";
import { foldText } from "./fold-text.ts";
import { type LanguagePatterns, languagePatterns, lexicon } from "./lexicon.ts";
import { marks } from "./marks.ts";
import type { Offer } from "./offer.ts";
import { amountPattern, codePattern, countPattern, namePattern, percentPattern } from "./offer-literals.ts";
import { findUnreadable } from "./readable-text.ts";

export interface CheckInput {
  readonly offer: Offer;
  readonly language: Language;
  /** ISO 4217. */
  readonly currency: string;
  /** The cart's total: the one amount that a text may name besides the offer's. */
  readonly totalMinor: number;
  /** Names of the cart's items and of the shopper. MUST contain no promise themselves: see `bearsPromise`. */
  readonly names: readonly string[];
  /** The quantity of each item, and their sum. */
  readonly counts: readonly number[];
}

/** The result of checking a sentence. */
export interface Reading {
  /** Why it may not be shown, for the log and for the model; `null` where it promises nothing but the offer. */
  readonly forbidden: string | null;
  readonly states: { readonly discount: boolean; readonly shipping: boolean; readonly code: boolean };
  /** Contains a word that would extend an offer stated beside it, such as "every month". */
  readonly amplifies: boolean;
  /** The folded text, with marks in place of what is understood. */
  readonly text: string;
}

export type OfferCheck = (sentence: string) => Reading;

/**
 * Checks sentences against an offer. Exact statements of the offer are understood and marked; the rest may not mention
 * money, delivery, gifts or codes, nor any figure except the counts of the cart. A sentence that states the offer or the
 * cart's total may contain only words that are known to leave it unchanged. What cannot be read is forbidden.
 */
export function createOfferCheck(input: CheckInput): OfferCheck {
  const { offer, language, currency, totalMinor, counts } = input;
  const patterns = languagePatterns[language];
  const percent = percentPattern(offer.percentOff);
  const amount = amountPattern(offer.amountOffMinor, currency, language);
  const total = amountPattern(totalMinor, currency, language);
  const code = codePattern(offer.code);
  const names = namePattern(input.names);
  const plainNames = namePattern(
    input.names.filter((name) => isPlain(foldText(name).toLowerCase(), patterns)),
  );
  const count = countPattern(counts, patterns.counted);
  const writtenNames = namePattern(input.names, (name) => name.normalize("NFKC"));

  /** @param folded with capitals; names may be marked in it. */
  function understand(folded: string): { readonly text: string; readonly states: Reading["states"] } {
    let text = folded.replaceAll(code, (found) => (found === offer.code ? marks.code : found)).toLowerCase();
    if (offer.freeShipping) text = text.replaceAll(patterns.freeShipping, marks.shipping);
    text = text.replaceAll(percent, marks.figure).replaceAll(amount, marks.figure);
    const states = {
      discount: text.includes(marks.figure),
      shipping: text.includes(marks.shipping),
      code: text.includes(marks.code),
    };
    if (states.discount) text = text.replaceAll(patterns.discount, marks.discount);
    if (states.code)
      text = text.replaceAll(patterns.code, marks.plain).replaceAll(patterns.redeeming, marks.plain);
    if (isAny(states))
      text = text.replaceAll(patterns.giving, (found) => found.replaceAll(/\p{L}/gu, marks.plain));
    else text = text.replaceAll(total, marks.total);
    text = text.replaceAll(patterns.pureMaterial, marks.plain).replaceAll(patterns.harmless, marks.plain);
    return {
      text: text.replaceAll(count, (_, name: string | undefined) => marks.count + (name ?? "")),
      states,
    };
  }

  return (sentence) => {
    const folded = foldText(sentence).trim();
    const nameless = folded.replaceAll(names, marks.name);
    const { text, states } = understand(nameless);
    const forbidden =
      findUnreadable(sentence.normalize("NFKC").replaceAll(writtenNames, " ")) ??
      findDenied(text) ??
      findMisspelled(text, patterns) ??
      findDeniedOver(understand(folded).text, names) ??
      findFigure(text, language) ??
      findCodeLike(states.code ? nameless.replaceAll(offer.code ?? "", " ") : nameless, patterns) ??
      (isAny(states)
        ? findBeyondOffer(understand(folded.replaceAll(plainNames, marks.name)).text, patterns)
        : null) ??
      (text.includes(marks.total) ? findBeyondTotal(text, patterns) : null);
    return { forbidden, states, amplifies: text.search(patterns.amplifiers) >= 0, text };
  };
}

/** Whether a name may appear beside the offer: an item called "Double" may not. */
function isPlain(name: string, { amplifiers }: LanguagePatterns): boolean {
  return name.search(lexicon.denied.anywhere) < 0 && name.search(amplifiers) < 0;
}

export function isAny({ discount, shipping, code }: Reading["states"]): boolean {
  return discount || shipping || code;
}
