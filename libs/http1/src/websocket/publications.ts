import type { Turn, TurnEnd } from "../turn.ts";
import { headBytesOf, writeHead } from "./frame-head.ts";
import { opcodes } from "./opcodes.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { Membership, Topic, Topics } from "./topics.ts";

/** Bound on the frames of a turn: beyond it they go out before it ends. */
const gatheredBytesMax = 262_144;
/** Sockets that are looked at before the first of them is written to. */
const lookAhead = 32;

/** A publication's frame, by its place among the gathered bytes. */
interface Gathered {
  readonly topic: Topic;
  readonly start: number;
  readonly end: number;
}

/**
 * Collects the publications of a turn of the event loop, whatever their topics, so that each socket gets them in one write. Anything
 * else sent to a member of their topics, and any change of its subscriptions, MUST flush first, to keep the order.
 */
export class Publications implements TurnEnd {
  readonly #topics: Topics;
  readonly #turn: Turn;
  /** Called with each socket whose buffer has exceeded its limit. */
  readonly #onFull: (socket: ServerSocket) => void;
  #gathered: Gathered[] = [];
  /** The frames of all topics one after the other; larger than the bound only for a single frame. */
  #bytes = Buffer.alloc(0);
  #length = 0;
  #isDeferred = false;

  constructor(topics: Topics, turn: Turn, onFull: (socket: ServerSocket) => void) {
    this.#topics = topics;
    this.#turn = turn;
    this.#onFull = onFull;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** @returns the payload's bytes; 0 where the topic has no subscriber. */
  publish(name: string, data: string | Uint8Array): number {
    const topic = this.#topics.get(name);
    if (topic === undefined) return 0;
    const payloadBytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    const headBytes = headBytesOf(payloadBytes);
    const start = this.#reserve(headBytes + payloadBytes);
    const at = start + headBytes;
    writeHead(this.#bytes, start, typeof data === "string" ? opcodes.text : opcodes.binary, payloadBytes);
    if (typeof data === "string") this.#bytes.write(data, at);
    else this.#bytes.set(data, at);
    this.#length = at + payloadBytes;
    this.#gathered.push({ topic, start, end: this.#length });
    topic.isPublished = true;
    if (!this.#isDeferred) {
      this.#isDeferred = true;
      this.#turn.defer(this);
    }
    return payloadBytes;
  }

  flush(): void {
    const gathered = this.#gathered;
    const [first] = gathered;
    if (first === undefined) return;
    const length = this.#length;
    this.#gathered = [];
    this.#length = 0;
    for (const { topic } of gathered) topic.isPublished = false;
    const isOneTopic = gathered.every(({ topic }) => topic === first.topic);
    const full = isOneTopic
      ? deliverToTopic(first.topic, this.#bytes.subarray(0, length))
      : deliverToTopics(gathered, this.#bytes);
    for (const socket of full) this.#onFull(socket);
  }

  endTurn(): void {
    this.#isDeferred = false;
    this.flush();
  }

  /** Makes room for a frame. @returns where it begins */
  #reserve(frameBytes: number): number {
    // again where a client that is cut causes publications
    while (!this.isEmpty && this.#length + frameBytes > gatheredBytesMax) this.flush();
    const size = Math.max(frameBytes, gatheredBytesMax);
    if (this.#bytes.byteLength !== size) this.#bytes = Buffer.allocUnsafeSlow(size);
    return this.#length;
  }
}

/** The same bytes for each member. @returns those whose buffer has exceeded its limit */
function deliverToTopic({ members }: Topic, bytes: Buffer): readonly ServerSocket[] {
  const full: ServerSocket[] = [];
  for (let start = 0; start < members.length; start += lookAhead) {
    for (const socket of readyOnes(members, start, full)) socket.deliver(bytes);
  }
  return full;
}

/**
 * Of some members those that can be written to; the others are added to `full`. Looking at several at once lets the processor fetch
 * them from memory at the same time: of 18,000, none is in its cache.
 */
function readyOnes(
  members: readonly Membership[],
  start: number,
  full: ServerSocket[],
): readonly ServerSocket[] {
  const ready: ServerSocket[] = [];
  const end = Math.min(start + lookAhead, members.length);
  for (let index = start; index < end; index += 1) {
    const socket = members[index]?.socket;
    if (socket === undefined) continue;
    if (socket.isFull) full.push(socket);
    else ready.push(socket);
  }
  return ready;
}

/** One write for each socket, of the frames of all its topics. @returns those whose buffer has exceeded its limit */
function deliverToTopics(gathered: readonly Gathered[], bytes: Buffer): readonly ServerSocket[] {
  const sockets: ServerSocket[] = [];
  for (const { topic, start, end } of gathered) {
    for (const { socket } of topic.members) {
      if (socket.gathered === null) {
        socket.gathered = [start, end];
        sockets.push(socket);
      } else {
        join(socket.gathered, start, end);
      }
    }
  }
  return sockets.filter((socket) => !socket.deliverGathered(bytes));
}

/** Adds a part to others, or to the last of them where it follows that. */
function join(parts: number[], start: number, end: number): void {
  if (parts.at(-1) === start) parts[parts.length - 1] = end;
  else parts.push(start, end);
}
