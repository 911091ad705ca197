import type { Turn, TurnEnd } from "../turn.ts";
import { writeServerFrame } from "./frame-head.ts";
import { GrowingBytes } from "../message/growing-bytes.ts";
import { opcodes } from "./opcodes.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { Topics } from "./topics.ts";

const gatheredBytesMax = 65_536;

/**
 * What is published to one topic, one after the other and in one turn of the event loop, reaches each of its sockets in one
 * write. Whoever sends to a socket, or changes what it hears, asks it to let go of what it gathered before: so that everything
 * keeps its place.
 */
export class Publications implements TurnEnd {
  readonly #topics: Topics;
  readonly #turn: Turn;
  /** Told of the sockets for which more waits than may. */
  readonly #onFull: (socket: ServerSocket) => void;
  #topic: string | null = null;
  #frames: GrowingBytes | null = null;
  #isDeferred = false;

  constructor(topics: Topics, turn: Turn, onFull: (socket: ServerSocket) => void) {
    this.#topics = topics;
    this.#turn = turn;
    this.#onFull = onFull;
  }

  /** The one whose frames wait; `null` for none. */
  get topic(): string | null {
    return this.#topic;
  }

  /** @returns the bytes of the payload; 0 where nobody hears the topic. */
  publish(topic: string, data: string | Uint8Array): number {
    if (this.#topics.membersOf(topic).length === 0) return 0;
    const isText = typeof data === "string";
    const payload = isText ? Buffer.from(data) : data;
    const frame = writeServerFrame(isText ? opcodes.text : opcodes.binary, payload);
    const gatheredBytes = this.#frames?.length ?? 0;
    if (topic !== this.#topic || gatheredBytes + frame.byteLength > gatheredBytesMax) this.flush();
    this.#topic = topic;
    this.#frames ??= new GrowingBytes();
    this.#frames.append(frame, 0, frame.byteLength);
    if (!this.#isDeferred) {
      this.#isDeferred = true;
      this.#turn.defer(this);
    }
    return payload.byteLength;
  }

  flush(): void {
    const [topic, frames] = [this.#topic, this.#frames];
    this.#topic = null;
    this.#frames = null;
    if (topic === null || frames === null) return;
    const bytes = frames.view();
    let full: ServerSocket[] | null = null;
    for (const { socket } of this.#topics.membersOf(topic))
      if (!socket.deliver(bytes)) (full ??= []).push(socket);
    for (const socket of full ?? []) this.#onFull(socket);
  }

  endTurn(): void {
    this.#isDeferred = false;
    this.flush();
  }
}
