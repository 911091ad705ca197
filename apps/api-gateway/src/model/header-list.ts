/**
 * Header fields in order with duplicates kept, as they stand on the wire: `[name, value, name, value, ...]`. Names are
 * compared without case. Cheaper than `Headers` on the request path and, unlike it, faithful.
 */
export class HeaderList {
  readonly raw: string[];

  constructor(raw: string[] = []) {
    this.raw = raw;
  }

  /** The first value of the field, or `null`. `name` MUST be lower case. */
  get(name: string): string | null {
    const { raw } = this;
    for (let index = 0; index < raw.length; index += 2) {
      if (isNamed(raw[index], name)) return raw[index + 1] ?? null;
    }
    return null;
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let index = 0; index < this.raw.length; index += 2) {
      if (isNamed(this.raw[index], name)) values.push(this.raw[index + 1] ?? "");
    }
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.raw.push(name, value);
  }

  /** Replaces every field of that name by one. */
  set(name: string, value: string): void {
    this.delete(name);
    this.raw.push(name, value);
  }

  delete(name: string): void {
    const { raw } = this;
    let kept = 0;
    for (let index = 0; index < raw.length; index += 2) {
      if (isNamed(raw[index], name)) continue;
      raw[kept] = raw[index] ?? "";
      raw[kept + 1] = raw[index + 1] ?? "";
      kept += 2;
    }
    raw.length = kept;
  }
}

/** @param name in lower case. Compared in place: nearly all others differ in their first character. */
function isNamed(candidate: string | undefined, name: string): boolean {
  if (candidate === undefined || candidate.length !== name.length) return false;
  for (let index = 0; index < name.length; index += 1) {
    const code = candidate.charCodeAt(index);
    const isUpper = code >= 65 && code <= 90;
    if ((isUpper ? code + 32 : code) !== name.charCodeAt(index)) return false;
  }
  return true;
}
