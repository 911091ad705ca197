import type { RequestHeaders } from "../incoming-request.ts";
import { FieldBlock } from "../message/field-block.ts";
import { fieldKind } from "../message/field-kind.ts";
import type { FieldLines } from "../message/field-lines.ts";

/** Positions stored per field: the start of its line, and the bounds of the value. */
const placesOfField = 3;

/**
 * The fields of a request as they were read; each becomes a string when it is first requested. Names are in lower case. Repeated fields
 * are joined (RFC 9110, section 5.3; RFC 6265, section 5.4 for cookies).
 */
export class FieldList implements RequestHeaders {
  readonly #text: string;
  readonly #names: string[] = [];
  /** `[line start, value start, value end, ...]` */
  readonly #places: number[] = [];
  /** Kinds of the names that are present: most look-ups are of absent fields. */
  #kinds = 0;
  #repeats = false;

  /** @param text of the head, one character per byte, which ends with the last field's line. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether any name occurs twice; recipients may disagree on what that means. */
  get repeats(): boolean {
    return this.#repeats;
  }

  get size(): number {
    return this.#names.length;
  }

  /** Adds the line that was read last. @param name in lower case. */
  add(name: string, { nameStart, valueStart, valueEnd }: FieldLines): void {
    const kind = kindOf(name);
    if ((this.#kinds & kind) !== 0 && this.#names.includes(name)) this.#repeats = true;
    this.#kinds |= kind;
    this.#names.push(name);
    this.#places.push(nameStart, valueStart, valueEnd);
  }

  get(name: string): string | null {
    if ((this.#kinds & kindOf(name)) === 0) return null;
    const at = this.#names.indexOf(name);
    return at < 0 ? null : this.#valueFrom(at);
  }

  has(name: string): boolean {
    return (this.#kinds & kindOf(name)) !== 0 && this.#names.includes(name);
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (const [index, name] of this.#names.entries())
      if (!this.#repeats || this.#names.indexOf(name) === index) visit(this.#valueFrom(index), name);
  }

  nameAt(index: number): string {
    return this.#names[index] ?? "";
  }

  /** Creates an empty block over the same text. */
  openBlock(): FieldBlock {
    return new FieldBlock(this.#text);
  }

  /** Adds a field to a block of the same text, unchanged. */
  keepIn(block: FieldBlock, index: number): void {
    const at = index * placesOfField;
    const start = this.#places[at] ?? 0;
    // each line ends where the next one starts
    const end = this.#places[at + placesOfField] ?? this.#text.length;
    block.keepLine(start, start + this.nameAt(index).length, end);
  }

  #valueAt(index: number): string {
    const at = index * placesOfField;
    return this.#text.slice(this.#places[at + 1], this.#places[at + 2]);
  }

  /** The value of the field, joined with all later ones of the same name. */
  #valueFrom(index: number): string {
    let value = this.#valueAt(index);
    if (!this.#repeats) return value;
    const name = this.nameAt(index);
    const separator = name === "cookie" ? "; " : ", ";
    for (
      let next = this.#names.indexOf(name, index + 1);
      next >= 0;
      next = this.#names.indexOf(name, next + 1)
    )
      value += separator + this.#valueAt(next);
    return value;
  }
}

function kindOf(name: string): number {
  return fieldKind(name.length, name.charCodeAt(0));
}
