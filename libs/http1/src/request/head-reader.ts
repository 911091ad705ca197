import { CartwayError } from "@libs/errors";
import { BegunHead } from "../message/begun-head.ts";
import { parseRequestHead, type RequestHead } from "./parse-request-head.ts";
import type { Scheme } from "./request-url.ts";

/** The limit of Bun's own server; those of nginx and Node are no higher. */
const headBytesMax = 16_384;

const emptyLine = Buffer.from("\r\n\r\n", "latin1");
const headMethod = "HEAD ";
const carriageReturn = 13;
const lineFeed = 10;

/** Finds request heads in a byte stream, however it is split into reads. Knows nothing of sockets. */
export class HeadReader {
  readonly #begun = new BegunHead();
  #rest: Buffer | null = null;
  #hasBegun = false;
  #isHeadRefused = false;
  readonly #scheme: Scheme;

  constructor(scheme: Scheme = "http") {
    this.#scheme = scheme;
  }

  /** An empty line before a request does not begin it. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether what was refused is a HEAD request: its answer has no body. */
  get isHeadRefused(): boolean {
    return this.#isHeadRefused;
  }

  /** Takes the bytes that followed the last head. */
  takeRest(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest;
  }

  /**
   * @returns the next head, or `null` where more bytes are needed.
   * @throws CartwayError with the error for the client. Nothing more may be read then.
   */
  read(bytes: Buffer): RequestHead | null {
    const input = this.#begun.joined(bytes);
    // one empty line before a request is ignored (RFC 9112, section 2.2)
    const start = input[0] === carriageReturn && input[1] === lineFeed ? 2 : 0;
    try {
      return this.#find(input, start);
    } catch (thrown) {
      this.#isHeadRefused = input.toString("latin1", start, start + headMethod.length) === headMethod;
      throw thrown;
    }
  }

  #find(input: Buffer, start: number): RequestHead | null {
    const end = input.indexOf(emptyLine, Math.max(start, this.#begun.searched));
    if (end < 0 || end + 4 - start > headBytesMax) {
      refuseInvalidStart(input, start, this.#begun.searched);
      this.#begun.keep(input, 0);
      this.#hasBegun = input.length > start;
      return null;
    }
    this.#begun.clear();
    this.#hasBegun = false;
    if (end + 4 < input.length) this.#rest = input.subarray(end + 4);
    return parseRequestHead(input.toString("latin1", start, end + 2), this.#scheme);
  }
}

/** More than the longest method and the space after it. */
const methodCharsMax = 33;

/**
 * Refuses an incomplete head that can no longer become valid, so that the connection does not wait for the rest.
 * @param searched bytes before this position were checked already, except a CR right before it.
 */
function refuseInvalidStart(input: Buffer, start: number, searched: number): void {
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
