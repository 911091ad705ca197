import { type FieldBlock, isNamedAt, type ReadyLines } from "@libs/http1";

/**
 * Header fields in order with duplicates kept, as they stand on the wire: `[name, value, name, value, ...]`. Names are
 * compared without case. Cheaper than `Headers` on the request path and, unlike it, faithful. What was read from a socket stays the
 * block that it came as until somebody asks what one of its fields says.
 */
export class HeaderList {
  #fields: string[];
  #block: FieldBlock | null;
  /** Between the block and the fields. */
  #shared: readonly ReadyLines[] = none;

  /** @param block stands before the fields. */
  constructor(fields: string[] = [], block: FieldBlock | null = null) {
    this.#fields = fields;
    this.#block = block;
  }

  /** The same fields, to be changed without these. */
  copy(): HeaderList {
    const copy = new HeaderList([...this.#fields], this.#block?.copy() ?? null);
    copy.#shared = this.#shared;
    return copy;
  }

  /** All fields. */
  get raw(): string[] {
    this.#takeSharedApart();
    if (this.#block !== null) {
      this.#fields = [...this.#block.fields(), ...this.#fields];
      this.#block = null;
    }
    return this.#fields;
  }

  /** What can be written as it came; `null` where it was taken apart. The others stand behind it. */
  get block(): FieldBlock | null {
    return this.#block;
  }

  /** All but those of the block. */
  get others(): readonly string[] {
    this.#takeSharedApart();
    return this.#fields;
  }

  /** The part of the others that can be written as it is; `single` comes after it. */
  get shared(): readonly ReadyLines[] {
    return this.#shared;
  }

  get single(): readonly string[] {
    return this.#fields;
  }

  /** Appends fields that many lists share, without looking at each. */
  share(lines: ReadyLines): void {
    this.#shared = this.#shared === none ? [lines] : [...this.#shared, lines];
  }

  /** The first value of the field, or `null`. `name` MUST be lower case. */
  get(name: string): string | null {
    const fields = this.#where(name);
    for (let index = 0; index < fields.length; index += 2) {
      if (isNamed(fields[index], name)) return fields[index + 1] ?? null;
    }
    return null;
  }

  getAll(name: string): string[] {
    const fields = this.#where(name);
    const values: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      if (isNamed(fields[index], name)) values.push(fields[index + 1] ?? "");
    }
    return values;
  }

  /** As they are spelled, in order, one that repeats each time. */
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

  /** Replaces every field of that name by one. */
  set(name: string, value: string): void {
    this.delete(name);
    this.#fields.push(name, value);
  }

  delete(name: string): void {
    this.#block?.drop(name);
    if (this.#isShared(name)) this.#takeSharedApart();
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

  /** The fields that one of that name is among, if there is one. */
  #where(name: string): string[] {
    return this.#block?.has(name) === true || this.#isShared(name) ? this.raw : this.#fields;
  }

  #isShared(name: string): boolean {
    for (const lines of this.#shared) if (lines.has(name)) return true;
    return false;
  }

  #takeSharedApart(): void {
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
