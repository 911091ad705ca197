import { CartwayError } from "@libs/errors";
import { parseRequestHead, type RequestHead } from "./parse-request-head.ts";

/** As much as Bun's own server takes; nginx and Node stop there or before. */
const headBytesMax = 16_384;

const emptyLine = Buffer.from("\r\n\r\n", "latin1");
const carriageReturn = 13;
const lineFeed = 10;

/** Finds heads in what a connection reads, however it was split on the way. Knows bytes, not sockets. */
export class HeadReader {
  /** The start of a head that has not come whole. */
  #begun: Buffer | null = null;
  /** Where the search for its end goes on. */
  #searched = 0;
  #rest: Buffer | null = null;

  get hasBegun(): boolean {
    return this.#begun !== null;
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
    const input = this.#begun === null ? bytes : Buffer.concat([this.#begun, bytes]);
    // An empty line before a request is passed over, once (RFC 9112, section 2.2).
    const start = input[0] === carriageReturn && input[1] === lineFeed ? 2 : 0;
    const end = input.indexOf(emptyLine, Math.max(start, this.#searched));
    if (end < 0 || end + 4 - start > headBytesMax) {
      refuseHopeless(input, start);
      this.#begun = input;
      this.#searched = Math.max(0, input.length - 3);
      return null;
    }
    this.#begun = null;
    this.#searched = 0;
    if (end + 4 < input.length) this.#rest = input.subarray(end + 4);
    return parseRequestHead(input.toString("latin1", start, end + 2));
  }
}

/** An incomplete head is worth waiting for only while it still can become one. */
function refuseHopeless(input: Buffer, start: number): void {
  if (input.length - start >= headBytesMax) {
    const line = input.indexOf("\r\n", start);
    throw new CartwayError(line < 0 || line > headBytesMax ? "uri_too_long" : "header_too_large");
  }
  const text = input.toString("latin1", start);
  if (!/^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: |$)|\r?$)/.test(text))
    throw new CartwayError("bad_request", { internal: "this is not HTTP" });
  if (/(?:^|[^\r])\n|\r[^\n]/.test(text))
    throw new CartwayError("bad_request", { internal: "a line ends without CR or LF" });
}
