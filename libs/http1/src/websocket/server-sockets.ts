import { drainMicrotasks } from "bun:jsc";
import { PlacedList } from "../placed-list.ts";
import type { Takeover, Wire } from "../takeover.ts";
import { Turn } from "../turn.ts";
import type { AppSocketHandlers } from "./app-socket.ts";
import { Cork } from "./cork.ts";
import { toError } from "./follow-rejections.ts";
import { FrameReader, type FrameRules } from "./frame-reader.ts";
import { type IdleLimits, idleLimitsOf } from "./idle-limits.ts";
import { Publications } from "./publications.ts";
import { ServerSocket } from "./server-socket.ts";
import { Topics } from "./topics.ts";

const defaultBytesMax = 16 * 1024 * 1024;
/** How many seconds a client may take to read what was sent before a close, and to close its side. */
const closingSecondsMax = 5;
const sweepMs = 1000;

/** The WebSockets of one listener: shared settings, topics, and supervision of idle clients. */
export class ServerSockets {
  readonly handlers: AppSocketHandlers;
  readonly rules: FrameRules;
  readonly topics = new Topics();
  readonly cork = new Cork();
  readonly publications: Publications;
  /** Whether a client is cut when its buffer exceeds the limit. */
  readonly cutsFull: boolean;
  /** Seconds since the start, counted by `sweep`. */
  clock = 0;
  /** Number of messages in the read that is being handled. */
  messagesOfRead = 0;
  readonly #bufferedBytesMax: number;
  readonly #idle: IdleLimits;
  readonly #open = new PlacedList<ServerSocket>();
  readonly #closing = new Set<ServerSocket>();
  /** For the next read: sockets share it, since one that is between two messages has nothing for a reader to keep. */
  #spareReader: FrameReader | null = null;
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

  /** The number of open sockets. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Starts a connection whose handshake was accepted. The `open` handler has run when this returns.
   * @param head the answer to the handshake: sent in one write with whatever the app sends in that handler.
   */
  open(wire: Wire, data: unknown, head: Uint8Array): Takeover {
    const socket = new ServerSocket(wire, data, this);
    this.#open.add(socket);
    this.#timer ??= this.#watch();
    socket.open(head);
    return socket;
  }

  /** Sends to all subscribers of the topic. @returns the payload's bytes; 0 where there is none. */
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
   * Drains microtasks before the second and later messages of one read: each finds the effects of the one before, as if it had arrived
   * later.
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

  /** A reader for a socket that has none. */
  takeReader(socket: ServerSocket): FrameReader {
    const reader = this.#spareReader ?? new FrameReader(socket, this.rules);
    this.#spareReader = null;
    reader.sink = socket;
    return reader;
  }

  /** Takes back a reader that is between two messages. */
  giveReader(reader: FrameReader): void {
    this.#spareReader = reader;
  }

  /** The socket is no longer open. */
  left(socket: ServerSocket): void {
    this.#open.remove(socket);
  }

  /** The socket waits for the client to close its side. */
  closing(socket: ServerSocket): void {
    socket.activeAt = this.clock;
    this.#closing.add(socket);
  }

  /** The connection has closed. */
  gone(socket: ServerSocket): void {
    this.#closing.delete(socket);
  }

  #watch(): NodeJS.Timeout {
    const timer = setInterval(() => this.sweep(), sweepMs);
    timer.unref();
    return timer;
  }

  /** Called once a second for all sockets: a timer per socket would be too expensive. */
  sweep(): void {
    this.clock += 1;
    for (const socket of this.#closing) {
      if (this.clock - socket.activeAt <= closingSecondsMax) continue;
      this.#closing.delete(socket);
      socket.abandon();
    }
    this.#open.forEach((socket) => this.#checkIdle(socket));
    if (this.#open.size + this.#closing.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #checkIdle(socket: ServerSocket): void {
    const { cutAfter, pingAfter } = this.#idle;
    if (cutAfter === 0 || socket.isPaused) return;
    const silentFor = this.clock - socket.activeAt;
    if (silentFor >= cutAfter) socket.cut("WebSocket timed out from inactivity");
    // each second is visited once, so this sends one ping; a ping does not count as activity
    else if (silentFor === pingAfter && pingAfter > 0) socket.probe();
  }

  /** Passes rejections of a handler to `error`. */
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
