/** The header of an answer: the declared offer and the subject, each on its own line. */
export interface Header {
  /** After `Offer:`; `null` where there is no such line. */
  readonly offer: string | null;
  readonly subject: string | null;
}

/** Maximum length of a header. */
const headerCharsMax = 2000;
/** After this many characters it is certain whether a line has a label. */
const labelCharsMax = 24;
const thoughtCharsMax = 40_000;
const subjectCharsMax = 150;

// Patterns over model output match in only one way, so that they cannot backtrack: the text after a label is taken to its end.
const offerPattern = /^[*_\s]*offer[*_\s]*:[*_\s]*(.*)$/is;
const subjectPattern = /^[*_#\s]*(?:subject|betreff|objet|asunto|onderwerp)[*_\s]*:[*_\s]*(.*)$/is;
const thought = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/;

/** Removes the header from a text that arrives in pieces. */
export class HeaderReader {
  #text = "";
  #offer: string | null = null;
  #subject: string | null = null;

  /** @returns `null` until the header is complete; then the header and the beginning of the message. */
  push(piece: string): { readonly header: Header; readonly rest: string } | null {
    this.#text += piece;
    if (/^\s*<think(?:ing)?>/.test(this.#text) && this.#text.length < thoughtCharsMax) {
      if (!thought.test(this.#text)) return null;
      this.#text = this.#text.replace(thought, "");
    }
    for (let end = this.#text.indexOf("\n"); end >= 0; end = this.#text.indexOf("\n")) {
      if (!this.#take(this.#text.slice(0, end))) return this.#whole();
      this.#text = this.#text.slice(end + 1);
    }
    return this.#mayBeHeader(this.#text) ? null : this.#whole();
  }

  /** Call at the end of the text. */
  end(): { readonly header: Header; readonly rest: string } {
    if (this.#take(this.#text)) this.#text = "";
    return this.#whole();
  }

  #whole() {
    return { header: { offer: this.#offer, subject: this.#subject }, rest: this.#text };
  }

  /** Whether an unfinished line may still turn out to belong to the header. */
  #mayBeHeader(line: string): boolean {
    const begun = line.trimStart();
    if (begun === "" || begun.startsWith("`")) return line.length < headerCharsMax;
    if (this.#offer !== null && this.#subject !== null) return false;
    return begun.length < labelCharsMax || (this.#isLabelled(line) && line.length < headerCharsMax);
  }

  #isLabelled(line: string): boolean {
    return (
      (this.#offer === null && offerPattern.test(line)) ||
      (this.#subject === null && subjectPattern.test(line))
    );
  }

  /** @returns whether the line belongs to the header. */
  #take(ended: string): boolean {
    const line = ended.replace(/\r$/, "");
    if (/^(?:```\w*)?$/.test(line.trim())) return true;
    const offer = this.#offer === null ? offerPattern.exec(line) : null;
    if (offer !== null) {
      this.#offer = offer[1] ?? "";
      return true;
    }
    const subject = this.#subject === null ? subjectPattern.exec(line) : null;
    if (subject === null) return false;
    this.#subject = (subject[1] ?? "").slice(0, subjectCharsMax).replace(/[*_\s]+$/, "");
    return true;
  }
}
