import { fieldKind } from "./field-kind.ts";
import { FieldLines } from "./field-lines.ts";
import { isNamedAt, nameAt } from "./field-names.ts";

const colon = 58;

/**
 * Validated field lines of a head, kept as text. A gateway looks at few of the fields that it forwards: lines are copied to the next
 * message unparsed, and parsed only on request.
 */
export class FieldBlock {
  readonly #text: string;
  /** `[start, end, ...]` of runs of adjacent lines. */
  readonly #ranges: number[] = [];
  #kinds = 0;
  #bytes = 0;
  #hasDate = false;

  /** @param text of the head, one character per byte. */
  constructor(text: string) {
    this.#text = text;
  }

  /** A copy that can be changed independently. */
  copy(): FieldBlock {
    const copy = new FieldBlock(this.#text);
    copy.#ranges.push(...this.#ranges);
    copy.#kinds = this.#kinds;
    copy.#bytes = this.#bytes;
    copy.#hasDate = this.#hasDate;
    return copy;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get hasDate(): boolean {
    return this.#hasDate;
  }

  /** Includes the line that was read last. Lines not kept are left out. */
  keep({ nameStart, nameEnd, lineEnd }: FieldLines): void {
    this.keepLine(nameStart, nameEnd, lineEnd);
  }

  /** Appends a line that was read earlier, by its position. */
  keepLine(nameStart: number, nameEnd: number, lineEnd: number): void {
    const last = this.#ranges.length - 1;
    if (this.#ranges[last] === nameStart) this.#ranges[last] = lineEnd;
    else this.#ranges.push(nameStart, lineEnd);
    this.#bytes += lineEnd - nameStart;
    this.#kinds |= fieldKind(nameEnd - nameStart, this.#text.charCodeAt(nameStart));
    if (nameEnd - nameStart === 4 && isNamedAt(this.#text, nameStart, "date")) this.#hasDate = true;
  }

  /** @param name in lower case. */
  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Removes all lines of that name. @param name in lower case. */
  drop(name: string): void {
    for (let line = this.#find(name); line >= 0; line = this.#find(name)) this.#cut(line);
    if (name === "date") this.#hasDate = false;
  }

  /** In their original spelling and order. */
  names(): string[] {
    const names: string[] = [];
    for (let index = 0; index < this.#ranges.length; index += 2) {
      const lines = new FieldLines(this.#text, this.#ranges[index] ?? 0, this.#ranges[index + 1]);
      while (lines.next()) names.push(nameAt(this.#text, lines.nameStart, lines.nameEnd));
    }
    return names;
  }

  /** @returns `[name, value, ...]` */
  fields(): string[] {
    const fields: string[] = [];
    for (let index = 0; index < this.#ranges.length; index += 2) {
      const lines = new FieldLines(this.#text, this.#ranges[index] ?? 0, this.#ranges[index + 1]);
      while (lines.next()) {
        const name = nameAt(this.#text, lines.nameStart, lines.nameEnd);
        fields.push(name, lines.value);
      }
    }
    return fields;
  }

  /** Writes the lines to `bytes` from `start`, where they MUST have room. @returns where they end. */
  put(bytes: Buffer, start: number): number {
    let at = start;
    for (let index = 0; index < this.#ranges.length; index += 2)
      at += bytes.write(this.#text.slice(this.#ranges[index], this.#ranges[index + 1]), at, "latin1");
    return at;
  }

  /** @returns where the first line of that name begins, or -1. */
  #find(name: string): number {
    if ((this.#kinds & fieldKind(name.length, name.charCodeAt(0))) === 0) return -1;
    const text = this.#text;
    for (let index = 0; index < this.#ranges.length; index += 2) {
      const end = this.#ranges[index + 1] ?? 0;
      for (let at = this.#ranges[index] ?? 0; at < end; at = endOfLine(text, at)) {
        if (text.charCodeAt(at + name.length) === colon && isNamedAt(text, at, name)) return at;
      }
    }
    return -1;
  }

  #cut(line: number): void {
    const ranges = this.#ranges;
    const behind = endOfLine(this.#text, line);
    this.#bytes -= behind - line;
    for (let index = 0; index < ranges.length; index += 2) {
      const start = ranges[index] ?? 0;
      const end = ranges[index + 1] ?? 0;
      if (line < start || line >= end) continue;
      const before = start < line ? [start, line] : [];
      const after = behind < end ? [behind, end] : [];
      ranges.splice(index, 2, ...before, ...after);
      return;
    }
  }
}

function endOfLine(text: string, at: number): number {
  return text.indexOf("\r\n", at) + 2;
}
