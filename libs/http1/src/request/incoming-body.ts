import { CartwayError, payloadTooLarge } from "@libs/errors";
import { ChunkedDecoder } from "../message/chunked-decoder.ts";
import { MalformedMessage } from "../message/malformed-message.ts";
import { partOf } from "../message/part-of.ts";
import { readTrailers } from "../message/trailers.ts";

/** The connection that a body is read from. */
export interface BodySource {
  pauseReading(): void;
  resumeReading(): void;
  /** Called when the body is first read: a client that sent `Expect: 100-continue` is told to continue. */
  bodyWanted(): void;
}

/** How many unread bytes are buffered before reading from the connection pauses; one more read may exceed it. */
const waitingBytesMax = 65_536;

/** A request's body, from its connection to its single reader, at the reader's pace. */
export class IncomingBody {
  readonly #source: BodySource;
  readonly #bytesMax: number;
  readonly #chunks: ChunkedDecoder | null;
  /** Bytes still expected of a body with a length. */
  #remaining: number;
  #received = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isComplete = false;
  #isTaken = false;
  #failure: unknown = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #whole: PromiseWithResolvers<Uint8Array> | null = null;

  /** @param bytes its length; -1 for a chunked body. */
  constructor(source: BodySource, bytes: number, bytesMax: number) {
    this.#source = source;
    this.#bytesMax = bytesMax;
    this.#chunks = bytes < 0 ? new ChunkedDecoder() : null;
    this.#remaining = Math.max(0, bytes);
    if (bytes > bytesMax) throw payloadTooLarge(bytesMax);
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get receivedBytes(): number {
    return this.#received;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Consumes the bytes that belong to the body.
   * @returns where it ended in `bytes`, or their length where it continues. @throws CartwayError `payload_too_large`, `bad_request`.
   */
  push(bytes: Buffer, start: number): number {
    const end =
      this.#chunks === null ? this.#takeLength(bytes, start) : this.#takeChunks(this.#chunks, bytes, start);
    if (this.#isComplete) {
      this.#finish();
      // the body is complete: reading resumes so that the client's close is seen
      this.release();
    }
    return end;
  }

  /** The rest will never arrive. */
  fail(failure: unknown): void {
    if (this.#isComplete || this.#failure !== null) return;
    this.#failure = failure;
    this.#waiting = [];
    this.#controller?.error(failure);
    this.#controller = null;
    this.#whole?.reject(failure);
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#stream !== null) return this.#stream;
    this.#isTaken = true;
    this.#stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#failure !== null) return controller.error(this.#failure);
          for (const bytes of this.#waiting) controller.enqueue(bytes);
          this.#waiting = [];
          this.#waitingBytes = 0;
          if (this.#isComplete) this.#finish();
        },
        pull: () => this.#wanted(),
        // the reader has left: the rest is read and dropped until the answer is sent
        cancel: () => {
          this.#controller = null;
          this.#wanted();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: waitingBytesMax }),
    );
    return this.#stream;
  }

  /** The whole body, as a buffer that the caller owns. */
  bytes(): Uint8Array | Promise<Uint8Array> {
    if (this.#isTaken) return Promise.reject(new TypeError("the body was read already"));
    this.#isTaken = true;
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isComplete) return this.#join();
    this.#whole = Promise.withResolvers();
    this.#wanted();
    return this.#whole.promise;
  }

  #takeLength(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#remaining);
    this.#remaining -= end - start;
    if (end > start) this.#deliver(partOf(bytes, start, end));
    this.#isComplete = this.#remaining === 0;
    return end;
  }

  #takeChunks(chunks: ChunkedDecoder, bytes: Buffer, start: number): number {
    try {
      const data = new Gathered(bytes.length - start);
      const end = chunks.push(bytes, start, (part) => data.add(part));
      // nobody reads these trailers, but malformed lines could be another request to a more lenient parser
      if (chunks.trailers !== "" && chunks.isDone) readTrailers(chunks.trailers);
      const whole = data.take();
      if (whole.length > 0) this.#deliver(whole);
      this.#isComplete = chunks.isDone;
      return end;
    } catch (thrown) {
      if (!(thrown instanceof MalformedMessage)) throw thrown;
      throw new CartwayError("bad_request", { internal: thrown.message });
    }
  }

  #deliver(data: Uint8Array): void {
    this.#received += data.length;
    if (this.#received > this.#bytesMax) throw payloadTooLarge(this.#bytesMax);
    if (this.#controller !== null) {
      this.#controller.enqueue(data);
      if ((this.#controller.desiredSize ?? 0) <= 0) this.#pause();
      return;
    }
    // it was read as a stream, and its reader has left
    if (this.#stream !== null) return;
    this.#waiting.push(data);
    this.#waitingBytes += data.length;
    if (this.#whole === null && this.#waitingBytes >= waitingBytesMax) this.#pause();
  }

  #finish(): void {
    this.#controller?.close();
    this.#controller = null;
    this.#whole?.resolve(this.#join());
    this.#whole = null;
  }

  #join(): Uint8Array {
    const [only] = this.#waiting;
    if (only !== undefined && this.#waiting.length === 1) {
      this.#waiting = [];
      return only;
    }
    const whole = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const bytes of this.#waiting) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    this.#waiting = [];
    return whole;
  }

  #wanted(): void {
    this.#source.bodyWanted();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resumeReading();
  }

  #pause(): void {
    if (this.#isPaused || this.#isComplete) return;
    this.#isPaused = true;
    this.#source.pauseReading();
  }

  /** Resumes reading from the connection; a paused one would never end without a reader. */
  release(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resumeReading();
  }
}

/** Joins the chunks of one read into one piece: a client can send a chunk per byte, and each piece costs far more than a byte. */
class Gathered {
  readonly #bytesMax: number;
  #first: Uint8Array | null = null;
  #joined: Uint8Array | null = null;
  #length = 0;

  /** @param bytesMax bound on the sum of all pieces. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(part: Uint8Array): void {
    if (this.#first === null) {
      this.#first = part;
      this.#length = part.length;
      return;
    }
    if (this.#joined === null) {
      this.#joined = new Uint8Array(this.#bytesMax);
      this.#joined.set(this.#first);
    }
    this.#joined.set(part, this.#length);
    this.#length += part.length;
  }

  take(): Uint8Array {
    return this.#joined?.subarray(0, this.#length) ?? this.#first ?? nothing;
  }
}

const nothing = new Uint8Array(0);
