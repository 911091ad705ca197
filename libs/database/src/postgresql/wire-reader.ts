/**
 * A client's messages of the PostgreSQL wire protocol (version 3), grouped into pieces that a server can execute as they are: `startup`
 * opens the session; `run` is a sequence of messages up to one that requires an answer, such as Parse, Bind, Describe, Execute and Sync.
 * `encryption` and `cancellation` are requests that the engine does not handle.
 */
export type WirePiece =
  | { readonly kind: "startup" | "run"; readonly bytes: Uint8Array }
  | { readonly kind: "encryption" | "cancellation" };

const requests: Readonly<Record<number, "encryption" | "cancellation">> = {
  80877102: "cancellation",
  80877103: "encryption",
  80877104: "encryption",
};

/** Messages of the extended protocol, answered only after the next Sync or Flush. */
const unanswered = new Set(["P", "B", "D", "E", "C"].map((letter) => letter.charCodeAt(0)));

/** Splits a byte stream into pieces, however it arrives. */
export class WireReader {
  #rest: Buffer = Buffer.alloc(0);
  #more: Buffer[] = [];
  #moreBytes = 0;
  /** Bytes required before parsing can continue. */
  #needed = 5;
  #isStarted = false;

  /** The pieces completed by these bytes. */
  read(bytes: Buffer): readonly WirePiece[] {
    this.#more.push(bytes);
    this.#moreBytes += bytes.length;
    // joins a long message that arrives in many parts only once
    if (this.#rest.length + this.#moreBytes < this.#needed) return [];
    this.#rest = Buffer.concat([this.#rest, ...this.#more]);
    this.#more = [];
    this.#moreBytes = 0;
    const pieces: WirePiece[] = [];
    for (let piece = this.#next(); piece !== null; piece = this.#next()) pieces.push(piece);
    return pieces;
  }

  #next(): WirePiece | null {
    return this.#isStarted ? this.#nextRun() : this.#nextOpening();
  }

  /** Before startup, messages have no type: a four-byte length, then a protocol version or request code. */
  #nextOpening(): WirePiece | null {
    const length = this.#rest.length < 8 ? 8 : this.#rest.readUInt32BE(0);
    if (!this.#has(length)) return null;
    const request = requests[this.#rest.readUInt32BE(4)];
    const bytes = this.#take(length);
    if (request !== undefined) return { kind: request };
    this.#isStarted = true;
    return { kind: "startup", bytes };
  }

  #nextRun(): WirePiece | null {
    for (let end = 0; ; ) {
      if (!this.#has(end + 5)) return null;
      const type = this.#rest[end] ?? 0;
      end += 1 + this.#rest.readUInt32BE(end + 1);
      if (!this.#has(end)) return null;
      if (!unanswered.has(type)) return { kind: "run", bytes: this.#take(end) };
    }
  }

  #has(length: number): boolean {
    this.#needed = length;
    return this.#rest.length >= length;
  }

  #take(length: number): Uint8Array {
    const bytes = new Uint8Array(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
    this.#needed = 5;
    return bytes;
  }
}
