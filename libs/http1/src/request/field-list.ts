import type { RequestHeaders } from "../incoming-request.ts";
import { fieldKind } from "../message/field-kind.ts";

/** The fields of a request in one flat array, in the order of the first of each name. Names are in lower case and stand once. */
export class FieldList implements RequestHeaders {
  readonly #raw: string[] = [];
  /** A bit for each kind of name that is there: most questions are about fields that are not. */
  #kinds = 0;

  /** `[name, value, name, value, ...]`; no value has a control character. */
  get raw(): readonly string[] {
    return this.#raw;
  }

  /** @param name in lower case. A second field of a name is joined with the first (RFC 9110, 5.3; RFC 6265, 5.4 for cookies). */
  add(name: string, value: string): void {
    const kind = kindOf(name);
    if ((this.#kinds & kind) !== 0) {
      const at = this.#find(name);
      if (at >= 0) {
        this.#raw[at + 1] += name === "cookie" ? `; ${value}` : `, ${value}`;
        return;
      }
    }
    this.#kinds |= kind;
    this.#raw.push(name, value);
  }

  get(name: string): string | null {
    if ((this.#kinds & kindOf(name)) === 0) return null;
    const at = this.#find(name);
    return at < 0 ? null : (this.#raw[at + 1] ?? "");
  }

  has(name: string): boolean {
    return (this.#kinds & kindOf(name)) !== 0 && this.#find(name) >= 0;
  }

  forEach(visit: (value: string, name: string) => void): void {
    const raw = this.#raw;
    for (let index = 0; index < raw.length; index += 2) visit(raw[index + 1] ?? "", raw[index] ?? "");
  }

  #find(name: string): number {
    const raw = this.#raw;
    for (let index = 0; index < raw.length; index += 2) if (raw[index] === name) return index;
    return -1;
  }
}

function kindOf(name: string): number {
  return fieldKind(name.length, name.charCodeAt(0));
}
