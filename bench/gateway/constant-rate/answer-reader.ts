const headEnd = "\r\n\r\n";

/**
 * Detects the end of an answer on a keep-alive connection. Handles what the benchmark's peers send: a length or chunks, nothing
 * after the answer.
 */
export class AnswerReader {
  #text = "";

  /** @returns the status once the answer is complete, `null` before that. */
  push(bytes: Buffer): number | null {
    const text = this.#text === "" ? bytes.toString("latin1") : this.#text + bytes.toString("latin1");
    if (!isWhole(text)) {
      this.#text = text;
      return null;
    }
    this.#text = "";
    return Number(text.slice(9, 12));
  }

  /** The status of an answer whose connection was closed. */
  forget(): void {
    this.#text = "";
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf(headEnd);
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined
    ? text.endsWith(`0${headEnd}`)
    : text.length >= end + headEnd.length + Number(length);
}
