import { readCookies } from "@libs/auth";
import type { MatchInput } from "./route-match.ts";

/** The source of a value that a route has a condition on. */
export type ValueSource = "headers" | "cookies" | "query";

/** Reads a value by its source and name; `null` where absent. */
export interface ReadsValues {
  read(source: ValueSource, name: string): string | null;
}

/**
 * The values of one request: of repeated cookies and parameters the first, of repeated headers all, joined. The query is parsed once, however
 * many routes need it.
 */
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
