/**
 * What a language says about money, as lists for `entriesOf`: separated by commas, folded (lower case, no accents, `ss` for ß),
 * `*` for any further letters. The lists that find promises hold for every text, whatever its language; the others only for
 * texts in their own.
 */
export interface LanguageWords {
  /** A figure before one of these is a percentage. */
  readonly percent: string;
  /** May stand in a sentence that states the offered discount exactly, and in no other. */
  readonly discount: string;
  /** May stand in a sentence that states the offered code exactly, and in no other. */
  readonly code: string;
  /** How a code is used: may stand in a sentence that states it. */
  readonly redeeming: string;
  /** Bears a promise that no offer holds, in a sentence as in the name of an item. */
  readonly promises: string;
  /** Speaks of money, delivery or extras: no sentence of a model may, though the name of an item may hold such a word. */
  readonly topics: string;
  /** Says that the reader is given something: may stand in a sentence that states the offer, and in no other. */
  readonly giving: string;
  /** The plainest promises of all, in single words of six letters or more: found though they are misspelled. */
  readonly plainest: string;
  /** Phrases that hold one of the words above and promise nothing. */
  readonly harmless: string;
  /** After `100 %`: what a thing is made of, and the like. */
  readonly materials: string;
  /** Whole phrases that say that delivery is free, and nothing more. */
  readonly freeShipping: string;
  /** Makes more of the offer where it stands beside the sentence that states it. */
  readonly amplifiers: string;
  /** Every other word that may stand in a sentence that states the offer. */
  readonly offerWords: string;
  /** Every word that may stand in a sentence that states the value of the cart. */
  readonly totalWords: string;
  /** One of these must stand there too: that it is the value of the cart has to be said. */
  readonly totals: string;
  /** Right before the offered figure these would turn it round: "your order for 10 %". */
  readonly notBeforeFigure: string;
  /** After a figure: how many things or how long, which is no amount. */
  readonly counted: string;
}
