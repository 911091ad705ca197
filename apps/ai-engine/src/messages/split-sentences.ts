/** A sentence ends with its punctuation mark and white space, or with its line. */
const sentenceEnd = /[.!?…](?=["'»”)]*\s)["'»”)]*|(?=\n)/gu;
const sentenceCharsMax = 600;

export interface Sentence {
  /** Including the white space before it. */
  readonly text: string;
  /** False where it exceeded the maximum length of a sentence. */
  readonly isWhole: boolean;
}

/** Splits a text that arrives in pieces into sentences, so that each can be checked before it is shown. */
export class SentenceSplitter {
  #rest = "";
  #isOverlong = false;

  push(piece: string): readonly Sentence[] {
    this.#rest += piece;
    const sentences: Sentence[] = [];
    for (let end = endOf(this.#rest); end !== null; end = endOf(this.#rest)) {
      const text = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end);
      sentences.push({ text, isWhole: !this.#isOverlong && text.length <= sentenceCharsMax });
      this.#isOverlong = false;
    }
    if (this.#rest.length > sentenceCharsMax) {
      this.#rest = "";
      this.#isOverlong = true;
    }
    return sentences;
  }

  /** The rest at the end of the text. If the text was cut off, only a sentence with its punctuation mark: another may be incomplete. */
  end({ isCut }: { readonly isCut: boolean }): Sentence | null {
    const text = this.#rest;
    this.#rest = "";
    const isMarked = /[.!?…]["'»”)]*\s*$/u.test(text);
    if (text.trim() === "" || (isCut && !isMarked)) return null;
    return { text, isWhole: !this.#isOverlong };
  }
}

/** End of the first sentence; `null` while it continues. White space before it is part of it. */
function endOf(text: string): number | null {
  const begin = text.search(/\S/u);
  if (begin < 0) return null;
  sentenceEnd.lastIndex = begin;
  const match = sentenceEnd.exec(text);
  return match === null ? null : match.index + match[0].length;
}
