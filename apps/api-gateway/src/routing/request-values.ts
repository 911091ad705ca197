import { readCookies } from "@libs/auth";
import type { MatchInput } from "./route-match.ts";

/** Where a value stands that a route asks about. */
export type ValueSource = "headers" | "cookies" | "query";

/** Reads a value by where it stands and its name; `null` where there is none. */
export interface ReadsValues {
  read(source: ValueSource, name: string): string | null;
}

/** The values of one request, the first where one stands there twice. The query is taken apart once, however many routes ask. */
export class RequestValues implements ReadsValues {
  readonly #input: MatchInput;
  #query: URLSearchParams | null = null;

  constructor(input: MatchInput) {
    this.#input = input;
  }

  read(source: ValueSource, name: string): string | null {
    if (source === "headers") return this.#input.header(name);
    if (source === "cookies") return this.#cookie(name);
    if (this.#input.query === "") return null;
    this.#query ??= new URLSearchParams(this.#input.query);
    return this.#query.get(name);
  }

  #cookie(name: string): string | null {
    const header = this.#input.header("cookie");
    return header === null ? null : (readCookies(header, name)[0] ?? null);
  }
}
