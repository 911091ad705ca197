import { isTokenCode, isValueCode } from "./byte-tables.ts";
import { MalformedMessage } from "./malformed-message.ts";

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const colon = 58;

/**
 * Reads the field lines of a head one by one, for requests and answers alike (RFC 9112, section 5). Ambiguous input is refused: bare CR
 * or LF, folded lines, whitespace before a colon, control characters. Yields positions only; the caller decides which names and values
 * become strings.
 */
export class FieldLines {
  nameStart = 0;
  nameEnd = 0;
  /** Surrounding whitespace excluded. */
  valueStart = 0;
  valueEnd = 0;
  /** After its CRLF, where the next line begins. */
  lineEnd: number;
  readonly #text: string;
  readonly #end: number;

  /** @param text one character per byte, each line with its CRLF, without the empty line. @param start of the first line. */
  constructor(text: string, start: number, end = text.length) {
    this.#text = text;
    this.#end = end;
    this.lineEnd = start;
  }

  /** The value of the current line, one character per byte. */
  get value(): string {
    return this.#text.slice(this.valueStart, this.valueEnd);
  }

  /** Advances to the next line. @returns false at the end. @throws MalformedMessage */
  next(): boolean {
    const text = this.#text;
    let at = this.lineEnd;
    if (at >= this.#end) return false;
    this.nameStart = at;
    while (isTokenCode[text.charCodeAt(at)] === 1) at += 1;
    if (at === this.nameStart || text.charCodeAt(at) !== colon)
      throw new MalformedMessage("a field name is malformed");
    this.nameEnd = at;
    at += 1;
    while (isBlank(text.charCodeAt(at))) at += 1;
    this.valueStart = at;
    while (isValueCode[text.charCodeAt(at)] === 1) at += 1;
    if (text.charCodeAt(at) !== carriageReturn || text.charCodeAt(at + 1) !== lineFeed)
      throw new MalformedMessage("a field value has a control character");
    this.lineEnd = at + 2;
    while (at > this.valueStart && isBlank(text.charCodeAt(at - 1))) at -= 1;
    this.valueEnd = at;
    return true;
  }
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}
