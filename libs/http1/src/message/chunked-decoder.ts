import { MalformedMessage } from "./malformed-message.ts";
import { partOf } from "./part-of.ts";

type State =
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer"
  | "trailer-lf"
  | "done";

/** 13 hex digits stay below 2^53, where numbers are exact */
const sizeDigitsMax = 13;
/** Bound on extensions and trailers; nobody legitimately sends more. */
const besideBytesMax = 16_384;

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const SEMICOLON = 59;
const DEL = 127;

/**
 * Decodes a chunked body (RFC 9112, section 7.1), strictly: CRLF only, no whitespace around the size, bounded extensions and trailers.
 * Extensions are dropped.
 */
export class ChunkedDecoder {
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #besideBytes = 0;
  #lineBytes = 0;
  #trailers = "";

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** The trailer lines, each with its CRLF, one character per byte. */
  get trailers(): string {
    return this.#trailers;
  }

  /**
   * Passes each run of body bytes to `emit` as a view of `bytes`.
   * @returns where the body ended in `bytes`, or the length of `bytes` where it continues. @throws MalformedMessage
   */
  push(bytes: Buffer, start: number, emit: (data: Uint8Array) => void): number {
    let at = start;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") at = this.#takeData(bytes, at, emit);
      else {
        this.#step(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #takeData(bytes: Buffer, at: number, emit: (data: Uint8Array) => void): number {
    const end = Math.min(bytes.length, at + this.#size);
    emit(partOf(bytes, at, end));
    this.#size -= end - at;
    if (this.#size === 0) this.#state = "data-cr";
    return end;
  }

  #step(code: number): void {
    switch (this.#state) {
      case "size":
        return this.#readSize(code);
      case "extension":
        if (code === CR) this.#state = "size-lf";
        else this.#passBy(code);
        return;
      case "size-lf":
        this.#expect(code, LF);
        this.#state = this.#size === 0 ? "trailer" : "data";
        this.#digits = 0;
        return;
      case "data-cr":
        this.#expect(code, CR);
        this.#state = "data-lf";
        return;
      case "data-lf":
        this.#expect(code, LF);
        this.#state = "size";
        return;
      case "trailer":
        if (code === CR) this.#state = "trailer-lf";
        else {
          this.#passBy(code);
          this.#lineBytes += 1;
          this.#trailers += String.fromCharCode(code);
        }
        return;
      case "trailer-lf":
        this.#expect(code, LF);
        this.#state = this.#lineBytes === 0 ? "done" : "trailer";
        if (this.#lineBytes > 0) this.#trailers += "\r\n";
        this.#lineBytes = 0;
        return;
      case "data":
      case "done":
        return;
    }
  }

  #readSize(code: number): void {
    const digit = hexValue(code);
    if (digit >= 0) {
      this.#digits += 1;
      if (this.#digits > sizeDigitsMax) throw new MalformedMessage("a chunk is too large");
      this.#size = this.#size * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw new MalformedMessage("a chunk has no size");
    if (code === CR) this.#state = "size-lf";
    else if (code === SEMICOLON) this.#state = "extension";
    else throw new MalformedMessage("a chunk size is malformed");
  }

  #passBy(code: number): void {
    if ((code < SPACE && code !== TAB) || code === DEL)
      throw new MalformedMessage("a control character stands between chunks");
    this.#besideBytes += 1;
    if (this.#besideBytes > besideBytesMax) throw new MalformedMessage("extensions or trailers are too long");
  }

  #expect(code: number, expected: number): void {
    if (code !== expected) throw new MalformedMessage("a chunk does not end where it said");
  }
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
