import type { Turn, TurnEnd } from "../turn.ts";
import { writeServerFrame } from "./frame-head.ts";
import { GrowingBytes } from "../message/growing-bytes.ts";
import { opcodes } from "./opcodes.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { Topics } from "./topics.ts";

const gatheredBytesMax = 65_536;

/**
 * Collects consecutive publications to one topic within a turn of the event loop, so that each socket gets them in one write. Anything
 * else sent to a socket, and any change of its subscriptions, MUST flush first, to keep the order.
 */
export class Publications implements TurnEnd {
  readonly #topics: Topics;
  readonly #turn: Turn;
  /** Called with each socket whose buffer has exceeded its limit. */
  readonly #onFull: (socket: ServerSocket) => void;
  #topic: string | null = null;
  #frames: GrowingBytes | null = null;
  #isDeferred = false;

  constructor(topics: Topics, turn: Turn, onFull: (socket: ServerSocket) => void) {
    this.#topics = topics;
    this.#turn = turn;
    this.#onFull = onFull;
  }

  /** The topic with pending frames; `null` for none. */
  get topic(): string | null {
    return this.#topic;
  }

  /** @returns the payload's bytes; 0 where the topic has no subscriber. */
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
