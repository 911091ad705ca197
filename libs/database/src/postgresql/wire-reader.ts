/**
 * What a client of the PostgreSQL wire protocol (version 3) sends, in pieces that a server can execute as they are:
 * `startup` opens the session, `run` is messages up to one that asks for an answer, such as a statement's Parse, Bind, Describe,
 * Execute and Sync together. `encryption` and `cancellation` are its two requests that no engine answers.
 */
export type WirePiece =
  | { readonly kind: "startup" | "run"; readonly bytes: Uint8Array }
  | { readonly kind: "encryption" | "cancellation" };

const requests: Readonly<Record<number, "encryption" | "cancellation">> = {
  80877102: "cancellation",
  80877103: "encryption",
  80877104: "encryption",
};

/** Messages of the extended protocol, which nothing is answered to before the Sync or Flush that follows them. */
const unanswered = new Set(["P", "B", "D", "E", "C"].map((letter) => letter.charCodeAt(0)));

/** Cuts a stream of bytes into pieces, however they arrive. */
export class WireReader {
  #rest: Buffer = Buffer.alloc(0);
  #more: Buffer[] = [];
  #moreBytes = 0;
  /** Bytes without which nothing further can be told. */
  #needed = 5;
  #isStarted = false;

  /** The pieces that are whole with these bytes. */
  read(bytes: Buffer): readonly WirePiece[] {
    this.#more.push(bytes);
    this.#moreBytes += bytes.length;
    // a long message in many parts is put together once
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

  /** Before the session stands, messages have no type: a length of four bytes, then a version or the number of a request. */
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
