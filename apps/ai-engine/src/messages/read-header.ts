/** What stands before the message: the declared offer and the subject, each on a line of its own. */
export interface Header {
  /** Behind `Offer:`; `null` where there is no such line. */
  readonly offer: string | null;
  readonly subject: string | null;
}

/** More than this before the message begins is no header. */
const headerCharsMax = 2000;
/** By then it is clear whether a line has a label. */
const labelCharsMax = 24;
const thoughtCharsMax = 40_000;
const subjectCharsMax = 150;

// Of nothing that a model writes is there more than one way to match: what stands behind a label is taken to its end.
const offerPattern = /^[*_\s]*offer[*_\s]*:[*_\s]*(.*)$/is;
const subjectPattern = /^[*_#\s]*(?:subject|betreff|objet|asunto|onderwerp)[*_\s]*:[*_\s]*(.*)$/is;
const thought = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/;

/** Takes the header off the beginning of a text that comes in pieces. */
export class HeaderReader {
  #text = "";
  #offer: string | null = null;
  #subject: string | null = null;

  /** @returns `null` until the header is whole; then the header and the beginning of the message. */
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

  /** The text is at its end. */
  end(): { readonly header: Header; readonly rest: string } {
    if (this.#take(this.#text)) this.#text = "";
    return this.#whole();
  }

  #whole() {
    return { header: { offer: this.#offer, subject: this.#subject }, rest: this.#text };
  }

  /** Whether a line that has not ended yet may turn out to belong to the header. */
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
