import { CartwayError } from "@libs/errors";
import { GrowingBytes } from "../message/growing-bytes.ts";
import { parseRequestHead, type RequestHead } from "./parse-request-head.ts";
import type { Scheme } from "./request-url.ts";

/** As much as Bun's own server takes; nginx and Node stop there or before. */
const headBytesMax = 16_384;

const emptyLine = Buffer.from("\r\n\r\n", "latin1");
const carriageReturn = 13;
const lineFeed = 10;

/**
 * Finds heads in what a connection reads, however it was split on the way: one that comes byte by byte costs no more than a few times
 * its length. Knows bytes, not sockets.
 */
export class HeadReader {
  /** The start of a head that has not come whole. */
  #begun: GrowingBytes | null = null;
  /** Where the search for its end goes on: what stands before was looked at. */
  #searched = 0;
  #rest: Buffer | null = null;
  readonly #scheme: Scheme;

  constructor(scheme: Scheme = "http") {
    this.#scheme = scheme;
  }

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
    const input = this.#joined(bytes);
    // An empty line before a request is passed over, once (RFC 9112, section 2.2).
    const start = input[0] === carriageReturn && input[1] === lineFeed ? 2 : 0;
    const end = input.indexOf(emptyLine, Math.max(start, this.#searched));
    if (end < 0 || end + 4 - start > headBytesMax) {
      refuseHopeless(input, start, this.#searched);
      this.#keep(input);
      return null;
    }
    this.#begun = null;
    this.#searched = 0;
    if (end + 4 < input.length) this.#rest = input.subarray(end + 4);
    return parseRequestHead(input.toString("latin1", start, end + 2), this.#scheme);
  }

  #joined(bytes: Buffer): Buffer {
    if (this.#begun === null) return bytes;
    this.#begun.append(bytes, 0, bytes.length);
    return this.#begun.view();
  }

  #keep(input: Buffer): void {
    if (this.#begun === null) {
      this.#begun = new GrowingBytes();
      this.#begun.append(input, 0, input.length);
    }
    this.#searched = Math.max(0, input.length - 3);
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
