import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { SocketWire } from "../socket-wire.ts";
import type { Turn, TurnEnd } from "../turn.ts";
import type { WireResponse } from "../wire-response.ts";
import { joinedBodyBytesMax, putChunk, putLastChunk, scratch } from "./scratch.ts";
import { chunkedLength, untilCloseLength, writeAnswerHead } from "./write-answer-head.ts";

/** How many bytes may wait for a slow client before reading from the body's source stops. */
const waitingBytesMax = 65_536;

export interface StreamedAnswerParts {
  readonly wire: SocketWire;
  readonly turn: Turn;
  readonly answer: WireResponse;
  readonly body: ReadableStream<Uint8Array>;
  readonly closes: boolean;
  readonly isHttp11: boolean;
  /** Called once. After a failure the connection MUST be cut: a client could take a clean close for the end of the body. */
  readonly ended: (failure: Error | null) => void;
}

type Read = { readonly done: boolean; readonly value?: Uint8Array | undefined };

/** An answer whose body is a stream, read at the pace of the client. */
export class StreamedAnswer implements TurnEnd {
  readonly #parts: StreamedAnswerParts;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #length: number;
  #sent = 0;
  #hasHead = false;
  #isOver = false;
  #isSourceWatched = false;
  #wake: (() => void) | null = null;

  constructor(parts: StreamedAnswerParts) {
    this.#parts = parts;
    this.#reader = parts.body.getReader();
    this.#length = parts.answer.contentLength ?? (parts.isHttp11 ? chunkedLength : untilCloseLength);
  }

  /** @throws CartwayError where its head cannot be written; then nothing was sent. */
  begin(): void {
    try {
      this.#putHead();
    } catch (thrown) {
      this.#stopSource();
      throw thrown;
    }
    this.#hasHead = false;
    this.#run().then(
      () => this.#end(null),
      (thrown: unknown) => {
        this.#stopSource();
        this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)));
      },
    );
  }

  /** To be called when the client has read all that waited. */
  drained(): void {
    if (this.#parts.wire.bufferedBytes < waitingBytesMax) this.#goOn();
  }

  /** To be called when the client has left. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopSource();
    this.#goOn();
  }

  /** Sends the head on its own where no piece of the body has come within the turn. */
  endTurn(): void {
    if (!this.#hasHead && !this.#isOver) this.#parts.wire.writePart(scratch, 0, this.#putHead());
  }

  async #run(): Promise<void> {
    const { wire, turn, answer } = this.#parts;
    const { contentLength } = answer;
    let reading: Promise<Read> | null = this.#reader.read();
    if (Bun.peek.status(reading) === "pending") turn.defer(this);
    let { done, value }: Read = await reading;
    // the body ended with its first piece, so its length is known after all
    if (!this.#isOver && !this.#hasHead && contentLength === null && value !== undefined) {
      reading = this.#reader.read();
      reading.catch(() => undefined);
      if ((await isOverAt(reading)) && this.#trailers.length === 0) this.#length = value.length;
    } else reading = null;
    while (!this.#isOver && !done && value !== undefined) {
      this.#put(value);
      if (wire.bufferedBytes >= waitingBytesMax) await this.#untilDrained();
      if (this.#isOver) return;
      ({ done, value } = await (reading ?? this.#reader.read()));
      reading = null;
    }
    if (!this.#isOver) this.#finish();
  }

  /** Also resolves when the source fails: with a client that reads nothing the failure would go unnoticed. */
  #untilDrained(): Promise<void> {
    if (!this.#isSourceWatched) {
      this.#isSourceWatched = true;
      this.#reader.closed.then(undefined, () => this.#goOn());
    }
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #goOn(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #put(data: Uint8Array): void {
    if (data.length === 0) return;
    const { wire } = this.#parts;
    this.#sent += data.length;
    if (this.#length >= 0 && this.#sent > this.#length)
      throw new RangeError("the body of the answer is longer than its length");
    const at = this.#hasHead ? 0 : this.#putHead();
    if (data.length > joinedBodyBytesMax) {
      if (this.#length === chunkedLength) {
        const sizeEnd = at + scratch.write(`${data.length.toString(16)}\r\n`, at, "latin1");
        wire.writePart(scratch, 0, sizeEnd);
        wire.writeOwn(data);
        wire.write(lineEnd);
        return;
      }
      wire.writePart(scratch, 0, at);
      wire.writeOwn(data);
      return;
    }
    if (this.#length === chunkedLength) {
      const end = putChunk(at, data);
      return wire.writeAround(scratch, end, data, end - 2 - data.length);
    }
    scratch.set(data, at);
    wire.writeAround(scratch, at + data.length, data, at);
  }

  #finish(): void {
    const { wire } = this.#parts;
    if (this.#length >= 0 && this.#sent < this.#length && this.#parts.answer.contentLength !== null)
      throw new RangeError("the body of the answer is shorter than its length");
    if (!this.#hasHead) {
      if (this.#length !== chunkedLength || this.#trailers.length === 0)
        this.#length = this.#parts.answer.contentLength ?? 0;
      wire.writePart(scratch, 0, this.#putHead());
    }
    if (this.#length === chunkedLength) wire.writePart(scratch, 0, putLastChunk(0, this.#trailers));
  }

  get #trailers(): readonly string[] {
    return this.#parts.answer.trailers?.fields ?? [];
  }

  #putHead(): number {
    const at = writeAnswerHead(scratch, this.#parts.answer, this.#length, this.#parts);
    this.#hasHead = true;
    return at;
  }

  #end(failure: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // clients repeat a request, whatever its method, if a connection that was used before closes without a byte of an answer
    if (failure !== null && !this.#hasHead) this.#parts.wire.writePart(scratch, 0, this.#putHead());
    this.#parts.ended(failure);
  }

  #stopSource(): void {
    // the answer has ended: a failure of the source no longer matters
    this.#reader.cancel().then(undefined, () => undefined);
  }
}

const lineEnd = Buffer.from("\r\n", "latin1");

/** Whether a pending read turns out to be the end of the stream within this turn. */
async function isOverAt(reading: Promise<Read>): Promise<boolean> {
  if (Bun.peek.status(reading) === "pending") await Promise.resolve();
  return Bun.peek.status(reading) === "fulfilled" && (await reading).done;
}
