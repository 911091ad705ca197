import { type FieldBlock, isNamedAt, type ReadyLines } from "@libs/http1";

/**
 * Header fields in order, with duplicates: `[name, value, name, value, ...]`. Names are compared case-insensitively. Cheaper than
 * `Headers` on the request path and, unlike it, lossless. Fields read from a socket remain an unparsed block until one of them is read.
 */
export class HeaderList {
  #fields: string[];
  #block: FieldBlock | null;
  /** Written between the block and the fields. */
  #shared: readonly ReadyLines[] = none;

  /** @param block precedes the fields. */
  constructor(fields: string[] = [], block: FieldBlock | null = null) {
    this.#fields = fields;
    this.#block = block;
  }

  /** An independent copy. */
  copy(): HeaderList {
    const copy = new HeaderList([...this.#fields], this.#block?.copy() ?? null);
    copy.#shared = this.#shared;
    return copy;
  }

  /** All fields. */
  get raw(): string[] {
    this.#copyShared();
    if (this.#block !== null) {
      this.#fields = [...this.#block.fields(), ...this.#fields];
      this.#block = null;
    }
    return this.#fields;
  }

  /** The fields that can be written unparsed; `null` once they were parsed. The others follow it. */
  get block(): FieldBlock | null {
    return this.#block;
  }

  /** All fields except those of the block. */
  get others(): readonly string[] {
    this.#copyShared();
    return this.#fields;
  }

  /** Shared lines among the others; `single` follows them. */
  get shared(): readonly ReadyLines[] {
    return this.#shared;
  }

  get single(): readonly string[] {
    return this.#fields;
  }

  /** Appends fields shared by many lists, without copying them. */
  share(lines: ReadyLines): void {
    this.#shared = this.#shared === none ? [lines] : [...this.#shared, lines];
  }

  /** The first value of the field; `null` for none. `name` MUST be in lower case. */
  get(name: string): string | null {
    const fields = this.#arrayWith(name);
    for (let index = 0; index < fields.length; index += 2) {
      if (isNamed(fields[index], name)) return fields[index + 1] ?? null;
    }
    return null;
  }

  getAll(name: string): string[] {
    const fields = this.#arrayWith(name);
    const values: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      if (isNamed(fields[index], name)) values.push(fields[index + 1] ?? "");
    }
    return values;
  }

  /** In their original spelling and order, with repetitions. */
  names(): string[] {
    const names = this.#block?.names() ?? [];
    for (const lines of this.#shared) names.push(...lines.fields().filter((_, index) => index % 2 === 0));
    for (let index = 0; index < this.#fields.length; index += 2) names.push(this.#fields[index] ?? "");
    return names;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#fields.push(name, value);
  }

  /** Replaces all fields of that name by one. */
  set(name: string, value: string): void {
    this.delete(name);
    this.#fields.push(name, value);
  }

  delete(name: string): void {
    this.#block?.drop(name);
    if (this.#isShared(name)) this.#copyShared();
    const fields = this.#fields;
    let kept = 0;
    for (let index = 0; index < fields.length; index += 2) {
      if (isNamed(fields[index], name)) continue;
      fields[kept] = fields[index] ?? "";
      fields[kept + 1] = fields[index + 1] ?? "";
      kept += 2;
    }
    fields.length = kept;
  }

  /** The array that contains a field of that name, if any. */
  #arrayWith(name: string): string[] {
    return this.#block?.has(name) === true || this.#isShared(name) ? this.raw : this.#fields;
  }

  #isShared(name: string): boolean {
    for (const lines of this.#shared) if (lines.has(name)) return true;
    return false;
  }

  #copyShared(): void {
    if (this.#shared === none) return;
    this.#fields = [...this.#shared.flatMap((lines) => lines.fields()), ...this.#fields];
    this.#shared = none;
  }
}

const none: readonly ReadyLines[] = [];

/** @param name in lower case. */
function isNamed(candidate: string | undefined, name: string): boolean {
  return candidate !== undefined && candidate.length === name.length && isNamedAt(candidate, 0, name);
}
