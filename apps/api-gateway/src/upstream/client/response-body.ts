import type { Socket } from "bun";
import type { UpstreamFailure } from "../../model/upstream/upstream.ts";
import { ReaderPace } from "./reader-pace.ts";

/** How many unread bytes are buffered before the socket pauses; one more read may exceed it. */
const waitingBytesMax = 65_536;

/** The connection behind a streamed body. */
export interface BodySource {
  wanted(): void;
  destroy(): void;
}

/** A body from a socket to its reader, at the reader's pace: a slow reader pauses the socket. */
export class ResponseBody {
  readonly pace = new ReaderPace();
  readonly #source: BodySource;
  readonly #socket: Socket<unknown> | null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isPaused = false;

  constructor(source: BodySource, socket: Socket<unknown> | null) {
    this.#source = source;
    this.#socket = socket;
  }

  get isHeldBack(): boolean {
    return this.#isPaused;
  }

  open(begun: readonly Uint8Array[]): ReadableStream<Uint8Array> {
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#resume(),
        // the reader left: the target must stop sending; after the last byte, the connection may be carrying another call already
        cancel: () => {
          if (this.#controller === null) return;
          this.#controller = null;
          this.#source.destroy();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: waitingBytesMax }),
    );
    for (const bytes of begun) this.push(bytes);
    return stream;
  }

  push(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (controller === null) return;
    controller.enqueue(bytes);
    if (!this.#isPaused && (controller.desiredSize ?? 0) <= 0) {
      this.#isPaused = true;
      this.pace.hold();
      this.#socket?.pause();
    }
  }

  /** The socket now belongs to the next request: unread data of this body must no longer pause it. */
  close(): void {
    this.#controller?.close();
    this.#controller = null;
    if (this.#isPaused) this.#socket?.resume();
    this.#isPaused = false;
  }

  fail(failure: UpstreamFailure): void {
    this.#controller?.error(failure);
    this.#controller = null;
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.pace.release();
    this.#socket?.resume();
    this.#source.wanted();
  }
}
