/** A sentence ends with its mark and white space after it, or with its line. */
const sentenceEnd = /[.!?…](?=["'»”)]*\s)["'»”)]*|(?=\n)/gu;
const sentenceCharsMax = 600;

export interface Sentence {
  /** With the white space that parts it from the sentence before. */
  readonly text: string;
  /** False where it went on for longer than a sentence is read. */
  readonly isWhole: boolean;
}

/** Parts a text that comes in pieces into sentences, so that each can be checked before it is shown. */
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

  /** What is left when the text ends. Where it was cut off, only a sentence with its mark: another may be half of one. */
  end({ isCut }: { readonly isCut: boolean }): Sentence | null {
    const text = this.#rest;
    this.#rest = "";
    const isMarked = /[.!?…]["'»”)]*\s*$/u.test(text);
    if (text.trim() === "" || (isCut && !isMarked)) return null;
    return { text, isWhole: !this.#isOverlong };
  }
}

/** Where the first sentence ends; `null` where it goes on. White space before it is part of it. */
function endOf(text: string): number | null {
  const begin = text.search(/\S/u);
  if (begin < 0) return null;
  sentenceEnd.lastIndex = begin;
  const match = sentenceEnd.exec(text);
  return match === null ? null : match.index + match[0].length;
}
