import { drainMicrotasks } from "bun:jsc";
import type { Takeover, Wire } from "../takeover.ts";
import { Turn } from "../turn.ts";
import type { AppSocketHandlers } from "./app-socket.ts";
import { Cork } from "./cork.ts";
import { toError } from "./follow-rejections.ts";
import type { FrameRules } from "./frame-reader.ts";
import { type IdleLimits, idleLimitsOf } from "./idle-limits.ts";
import { Publications } from "./publications.ts";
import { ServerSocket } from "./server-socket.ts";
import { Topics } from "./topics.ts";

const defaultBytesMax = 16 * 1024 * 1024;
/** How long a client may take to end its side after a close, and to read what was sent before it. */
const closingSecondsMax = 5;
const sweepMs = 1000;

/** The WebSockets of one listener: what they have in common, who hears which topic, and the watch over silent clients. */
export class ServerSockets {
  readonly handlers: AppSocketHandlers;
  readonly rules: FrameRules;
  readonly topics = new Topics();
  readonly cork = new Cork();
  readonly publications: Publications;
  /** Whether a client for whom more waits than may is cut. */
  readonly cutsFull: boolean;
  /** Seconds that a watch was kept. */
  clock = 0;
  /** Messages of the read that is being handled. */
  messagesOfRead = 0;
  readonly #bufferedBytesMax: number;
  readonly #idle: IdleLimits;
  readonly #open: ServerSocket[] = [];
  readonly #closing = new Set<ServerSocket>();
  #timer: NodeJS.Timeout | null = null;

  constructor(handlers: AppSocketHandlers) {
    const { maxPayloadLength = defaultBytesMax, backpressureLimit = defaultBytesMax } = handlers;
    this.handlers = handlers;
    this.rules = { from: "client", messageBytesMax: maxPayloadLength };
    this.cutsFull = handlers.closeOnBackpressureLimit ?? false;
    this.publications = new Publications(this.topics, new Turn(), (socket) => {
      if (this.cutsFull) socket.terminate();
    });
    this.#bufferedBytesMax = backpressureLimit === 0 ? Number.POSITIVE_INFINITY : backpressureLimit;
    this.#idle = idleLimitsOf(handlers.idleTimeout ?? 120, handlers.sendPings ?? true);
  }

  /** Open ones. */
  get size(): number {
    return this.#open.length;
  }

  /**
   * A connection whose handshake was accepted. The `open` handler has run when this returns.
   * @param head the answer to the handshake: it goes out in one write with what the app sends at once.
   */
  open(wire: Wire, data: unknown, head: Uint8Array): Takeover {
    const socket = new ServerSocket(wire, data, this);
    socket.index = this.#open.push(socket) - 1;
    this.#timer ??= this.#watch();
    socket.open(head);
    return socket;
  }

  /** To all who hear the topic. @returns the bytes of the payload; 0 where nobody hears it. */
  publish(topic: string, data: string | Uint8Array): number {
    return this.publications.publish(topic, data);
  }

  isFull({ bufferedBytes }: Wire): boolean {
    return bufferedBytes > this.#bufferedBytesMax;
  }

  opened(socket: ServerSocket): void {
    try {
      this.#follow(this.handlers.open?.(socket), socket);
    } catch (thrown) {
      socket.terminate();
      this.#failed(thrown, socket);
    }
  }

  /**
   * What the message before began goes on before this one is told: of two messages that came together the second finds the
   * first where it would have found it had it come later.
   */
  message(socket: ServerSocket, data: string | Buffer): void {
    this.messagesOfRead += 1;
    if (this.messagesOfRead > 1) drainMicrotasks();
    if (socket.readyState !== 1) return;
    try {
      this.#follow(this.handlers.message?.(socket, data), socket);
    } catch (thrown) {
      this.#failed(thrown, socket);
    }
  }

  pinged(socket: ServerSocket, data: Buffer): void {
    try {
      this.#follow(this.handlers.ping?.(socket, data), socket);
    } catch (thrown) {
      this.#failed(thrown, socket);
    }
  }

  ponged(socket: ServerSocket, data: Buffer): void {
    try {
      this.#follow(this.handlers.pong?.(socket, data), socket);
    } catch (thrown) {
      this.#failed(thrown, socket);
    }
  }

  drained(socket: ServerSocket): void {
    try {
      this.#follow(this.handlers.drain?.(socket), socket);
    } catch (thrown) {
      this.#failed(thrown, socket);
    }
  }

  closed(socket: ServerSocket, code: number, reason: string): void {
    try {
      this.#follow(this.handlers.close?.(socket, code, reason), socket);
    } catch (thrown) {
      this.#failed(thrown, socket);
    }
  }

  /** It is not open any more. */
  left(socket: ServerSocket): void {
    const last = this.#open.pop();
    if (last === undefined || last === socket) return;
    last.index = socket.index;
    this.#open[socket.index] = last;
  }

  /** It waits for its client to end as well. */
  closing(socket: ServerSocket): void {
    socket.activeAt = this.clock;
    this.#closing.add(socket);
  }

  /** Its connection is no more. */
  gone(socket: ServerSocket): void {
    this.#closing.delete(socket);
  }

  #watch(): NodeJS.Timeout {
    const timer = setInterval(() => this.sweep(), sweepMs);
    timer.unref();
    return timer;
  }

  /** Called once a second, over all sockets, instead of a timer for each. */
  sweep(): void {
    this.clock += 1;
    for (const socket of this.#closing) {
      if (this.clock - socket.activeAt <= closingSecondsMax) continue;
      this.#closing.delete(socket);
      socket.abandon();
    }
    // from the end: one that is cut gives its place to the last
    for (let index = this.#open.length - 1; index >= 0; index -= 1) {
      const socket = this.#open[index];
      if (socket !== undefined) this.#checkIdle(socket);
    }
    if (this.#open.length + this.#closing.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #checkIdle(socket: ServerSocket): void {
    const { cutAfter, pingAfter } = this.#idle;
    if (cutAfter === 0 || socket.isPaused) return;
    const silentFor = this.clock - socket.activeAt;
    if (silentFor >= cutAfter) socket.cut("WebSocket timed out from inactivity");
    // each second is looked at once, so that this is one ping; it does not count as a sign of life
    else if (silentFor === pingAfter && pingAfter > 0) socket.probe();
  }

  /** What a handler rejects with is told as what it throws. */
  #follow(pending: unknown, socket: ServerSocket): void {
    if (pending instanceof Promise) pending.catch((thrown: unknown) => this.#failed(thrown, socket));
  }

  #failed(thrown: unknown, socket: ServerSocket): void {
    const error = toError(thrown);
    if (this.handlers.error !== undefined) return void this.handlers.error(error, socket);
    queueMicrotask(() => {
      throw error;
    });
  }
}
