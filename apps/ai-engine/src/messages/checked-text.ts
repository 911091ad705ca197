import type { OfferCheck, Reading } from "../offers/check-sentence.ts";
import { stripInvisible } from "../offers/fold-text.ts";
import { type Context, emptyContext, extendContext, findForbiddenTogether } from "../offers/read-together.ts";
import type { Sentence } from "./split-sentences.ts";

/** Maximum withheld sentences; with more the whole message is rejected. */
const withheldMax = 2;

/** Called with each piece of the body once it has passed its check. */
export type OnText = (text: string) => void | Promise<void>;

interface Held {
  readonly text: string;
  readonly reading: Reading;
}

/**
 * Passes sentences that promise nothing but the offer. One is always held back until the next was read: if two make a promise only
 * together, both are withheld. `onText` gets exactly the text that was checked.
 */
export class CheckedText {
  readonly #check: OfferCheck;
  readonly #onText: OnText;
  /** Why sentences were withheld, in their order. */
  readonly withheld: string[] = [];
  #shown = "";
  #context: Context;
  #held: Held | null = null;
  #states = { discount: false, shipping: false, code: false };

  /** @param subject precedes the text and is checked together with it. */
  constructor(check: OfferCheck, subject: Reading | null, onText: OnText) {
    this.#check = check;
    this.#onText = onText;
    this.#context = subject === null ? emptyContext : extendContext(emptyContext, subject);
  }

  /** The text passed so far. */
  get shown(): string {
    return this.#shown;
  }

  /** Including what is held back. */
  get passed(): string {
    return this.#shown + (this.#held?.text ?? "");
  }

  /** The parts of the offer that the text states, including what is held back. */
  get states(): Reading["states"] {
    const { discount, shipping, code } = this.#held?.reading.states ?? this.#states;
    return {
      discount: discount || this.#states.discount,
      shipping: shipping || this.#states.shipping,
      code: code || this.#states.code,
    };
  }

  get isDoubtful(): boolean {
    return this.withheld.length > withheldMax;
  }

  async push({ text, isWhole }: Sentence): Promise<void> {
    const clean = stripInvisible(text).normalize("NFC");
    const reading = isWhole ? this.#check(clean) : null;
    const forbidden = reading === null ? "a sentence without an end" : reading.forbidden;
    if (reading === null || forbidden !== null) {
      this.withheld.push(forbidden ?? "");
      return;
    }
    const before = this.#held === null ? this.#context : extendContext(this.#context, this.#held.reading);
    const together = findForbiddenTogether(before, reading);
    if (together !== null) {
      this.withheld.push(together);
      this.#held = null;
      return;
    }
    await this.#release();
    this.#held = { text: clean, reading };
  }

  /** Releases the last sentence, unless our own sentence for the offer follows and the two together would promise more. */
  async end({ isOfferNext }: { readonly isOfferNext: boolean }): Promise<void> {
    if (isOfferNext && this.#held?.reading.amplifies === true) {
      this.withheld.push("more than the offer over two sentences");
      this.#held = null;
    }
    await this.#release();
  }

  async #release(): Promise<void> {
    if (this.#held === null) return;
    const { text, reading } = this.#held;
    this.#states = this.states;
    this.#held = null;
    this.#context = extendContext(this.#context, reading);
    const piece = this.#shown === "" ? text.trimStart() : text;
    this.#shown += piece;
    await this.#onText(piece);
  }
}
