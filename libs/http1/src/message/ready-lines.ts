import { CartwayError } from "@libs/errors";
import { fieldKind } from "./field-kind.ts";
import { FieldLines } from "./field-lines.ts";
import { isNamedAt, nameAt } from "./field-names.ts";
import { putField } from "./put-field.ts";

/**
 * Field lines shared by many messages: validated once, then copied. Immutable. Kept as a single string because one exists per caller, and
 * every further object would be another cache miss.
 */
export class ReadyLines {
  readonly #text: string;
  #kinds = 0;

  /**
   * @param fields `[name, value, ...]`
   * @throws CartwayError `internal` for an invalid character.
   */
  constructor(fields: readonly string[]) {
    // including ": " after each name and CRLF after each value
    const bytes = Buffer.alloc(fields.reduce((sum, { length }) => sum + length + 2, 0));
    let end = 0;
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] ?? "";
      end = putField(bytes, end, name, fields[index + 1] ?? "", malformed);
      this.#kinds |= fieldKind(name.length, name.charCodeAt(0));
    }
    this.#text = bytes.toString("latin1", 0, end);
  }

  get bytes(): number {
    return this.#text.length;
  }

  /** @param name in lower case. */
  has(name: string): boolean {
    if ((this.#kinds & fieldKind(name.length, name.charCodeAt(0))) === 0) return false;
    const lines = new FieldLines(this.#text, 0);
    while (lines.next()) {
      const { nameStart, nameEnd } = lines;
      if (nameEnd - nameStart === name.length && isNamedAt(this.#text, nameStart, name)) return true;
    }
    return false;
  }

  /** @returns `[name, value, ...]` */
  fields(): string[] {
    const fields: string[] = [];
    const lines = new FieldLines(this.#text, 0);
    while (lines.next()) fields.push(nameAt(this.#text, lines.nameStart, lines.nameEnd), lines.value);
    return fields;
  }

  /** Writes the lines to `bytes` from `start`, where they MUST have room. @returns where they end. */
  put(bytes: Buffer, start: number): number {
    return start + bytes.write(this.#text, start, "latin1");
  }
}

function malformed(place: string): CartwayError {
  return new CartwayError("internal", { internal: `the ${place} is malformed` });
}
