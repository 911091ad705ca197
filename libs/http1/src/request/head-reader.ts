import { CartwayError } from "@libs/errors";
import { BegunHead } from "../message/begun-head.ts";
import { parseRequestHead, type RequestHead } from "./parse-request-head.ts";
import type { Scheme } from "./request-url.ts";

/** As much as Bun's own server takes; nginx and Node stop there or before. */
const headBytesMax = 16_384;

const emptyLine = Buffer.from("\r\n\r\n", "latin1");
const carriageReturn = 13;
const lineFeed = 10;

/**
 * Finds heads in what a connection reads, however it was split on the way. Knows bytes, not sockets.
 */
export class HeadReader {
  readonly #begun = new BegunHead();
  #rest: Buffer | null = null;
  readonly #scheme: Scheme;

  constructor(scheme: Scheme = "http") {
    this.#scheme = scheme;
  }

  get hasBegun(): boolean {
    return !this.#begun.isEmpty;
  }

  /** What came behind the head that was read last. */
  takeRest(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest;
  }

  /**
   * @returns the next head, `null` where more has to come.
   * @throws CartwayError what its client is to be told. Nothing more may be read then.
   */
  read(bytes: Buffer): RequestHead | null {
    const input = this.#begun.joined(bytes);
    // An empty line before a request is passed over, once (RFC 9112, section 2.2).
    const start = input[0] === carriageReturn && input[1] === lineFeed ? 2 : 0;
    const end = input.indexOf(emptyLine, Math.max(start, this.#begun.searched));
    if (end < 0 || end + 4 - start > headBytesMax) {
      refuseHopeless(input, start, this.#begun.searched);
      this.#begun.keep(input, 0);
      return null;
    }
    this.#begun.clear();
    if (end + 4 < input.length) this.#rest = input.subarray(end + 4);
    return parseRequestHead(input.toString("latin1", start, end + 2), this.#scheme);
  }
}

/** Longer than any method with the space behind it. */
const methodCharsMax = 33;

/**
 * An incomplete head is worth waiting for only while it still can become one.
 * @param searched what stands before it was looked at, but for a CR that is its last.
 */
function refuseHopeless(input: Buffer, start: number, searched: number): void {
  if (input.length - start >= headBytesMax) {
    const line = input.indexOf("\r\n", start);
    throw new CartwayError(line < 0 || line > headBytesMax ? "uri_too_long" : "header_too_large");
  }
  const method = input.toString("latin1", start, Math.min(input.length, start + methodCharsMax));
  if (!/^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: |$)|\r?$)/.test(method))
    throw new CartwayError("bad_request", { internal: "this is not HTTP" });
  if (/[^\r]\n|\r[^\n]/.test(input.toString("latin1", Math.max(start, searched))))
    throw new CartwayError("bad_request", { internal: "a line ends without CR or LF" });
}
