import { drainMicrotasks } from "bun:jsc";
import type { Takeover, Wire } from "../takeover.ts";
import type { AppSocket } from "./app-socket.ts";
import { closePayload } from "./close-payload.ts";
import { FrameError } from "./frame-error.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { controlBytesMax, type Opcode, opcodes } from "./opcodes.ts";
import type { ServerSockets } from "./server-sockets.ts";
import type { Membership } from "./topics.ts";

const nothing = Buffer.alloc(0);

/** The server's side of a WebSocket: few fields and no closures, since there are a hundred thousand of them. */
export class ServerSocket implements AppSocket, Takeover, FrameSink {
  data: unknown;
  /** Time of the last activity on the listener's clock; while closing, when that began. */
  activeAt: number;
  /** Position in the listener's list of open sockets; -1 once it is not open. */
  index = -1;
  /** Its parts of the publications that are being handed out, each as start and end; `null` at any other time. */
  gathered: number[] | null = null;
  #membership: Membership | null = null;
  readonly #wire: Wire;
  readonly #sockets: ServerSockets;
  /** Only during a read and within a message. */
  #reader: FrameReader | null = null;

  constructor(wire: Wire, data: unknown, sockets: ServerSockets) {
    this.data = data;
    this.activeAt = sockets.clock;
    this.#wire = wire;
    this.#sockets = sockets;
  }

  get readyState(): number {
    return this.#isOpen ? 1 : 3;
  }

  get remoteAddress(): string {
    return this.#wire.remoteAddress;
  }

  get isPaused(): boolean {
    return this.#wire.isPaused;
  }

  getBufferedAmount(): number {
    return this.#wire.bufferedBytes;
  }

  /** @param head is sent first, in one write with whatever the app sends in its `open` handler. */
  open(head: Uint8Array): void {
    const { cork } = this.#sockets;
    const before = cork.take(this.#wire);
    cork.bytes(head);
    this.#sockets.opened(this);
    cork.release(before);
  }

  send(data: string | Uint8Array): number {
    if (!this.#canSend()) return 0;
    const { cork } = this.#sockets;
    if (cork.holds(this.#wire)) {
      return this.#sent(typeof data === "string" ? cork.text(data) : cork.frame(opcodes.binary, data));
    }
    const before = cork.take(this.#wire);
    const bytes = typeof data === "string" ? cork.text(data) : cork.frame(opcodes.binary, data);
    cork.release(before);
    return this.#sent(bytes);
  }

  ping(data: Uint8Array = nothing): number {
    return this.#control(opcodes.ping, data);
  }

  pong(data: Uint8Array = nothing): number {
    return this.#control(opcodes.pong, data);
  }

  /** Whether its buffer has exceeded its limit. */
  get isFull(): boolean {
    return this.#isOpen && this.#sockets.isFull(this.#wire);
  }

  /** Sends encoded frames that other sockets share. */
  deliver(frames: Uint8Array): void {
    if (!this.#isOpen) return;
    const { cork } = this.#sockets;
    if (cork.holds(this.#wire)) cork.bytes(frames);
    else this.#wire.write(frames);
    this.#sent(0);
  }

  /** Sends its parts of `bytes` in one write. False where its buffer has exceeded its limit. */
  deliverGathered(bytes: Buffer): boolean {
    const parts = this.gathered ?? [];
    this.gathered = null;
    if (!this.#isOpen) return true;
    if (this.isFull) return false;
    const { cork } = this.#sockets;
    const before = cork.take(this.#wire);
    for (let index = 0; index < parts.length; index += 2)
      cork.part(bytes, parts[index] ?? 0, parts[index + 1] ?? 0);
    cork.release(before);
    this.#sent(0);
    return true;
  }

  cork(callback: () => void): void {
    const { cork } = this.#sockets;
    if (!this.#isOpen || cork.holds(this.#wire)) return callback();
    const before = cork.take(this.#wire);
    try {
      callback();
    } finally {
      cork.release(before);
    }
  }

  close(code = 1000, reason = ""): void {
    if (!this.#isOpen) return;
    const payload = closePayload(code, reason);
    this.#goodbye(payload, code, reason === "" ? reason : payload.toString("utf8", 2));
  }

  terminate(): void {
    this.cut("");
  }

  /** Terminates the connection. @param reason for the `close` handler. */
  cut(reason: string): void {
    if (!this.#isOpen) return;
    this.#leave();
    if (this.#sockets.cork.holds(this.#wire)) this.#sockets.cork.discard();
    this.#wire.terminate();
    this.#sockets.closed(this, 1006, reason);
  }

  /** Pings an idle client. */
  probe(): void {
    const { activeAt } = this;
    this.ping();
    this.activeAt = activeAt;
  }

  /** Terminates a client that does not complete the closing handshake. */
  abandon(): void {
    this.#wire.terminate();
  }

  pause(): void {
    if (this.#isOpen && !this.isPaused) this.#wire.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.activeAt = this.#sockets.clock;
    this.#wire.resume();
  }

  subscribe(topic: string): boolean {
    if (!this.#isOpen) return false;
    if (this.isSubscribed(topic)) return true;
    if (this.#sockets.topics.get(topic)?.isPublished === true) this.#sockets.publications.flush();
    this.#membership = this.#sockets.topics.join(this, topic, this.#membership);
    return true;
  }

  unsubscribe(topic: string): boolean {
    this.#keepPlace();
    let before: Membership | null = null;
    for (let one = this.#membership; one !== null; before = one, one = one.next) {
      if (one.topic.name !== topic) continue;
      if (before === null) this.#membership = one.next;
      else before.next = one.next;
      this.#sockets.topics.leave(one);
      return true;
    }
    return false;
  }

  isSubscribed(topic: string): boolean {
    for (let one = this.#membership; one !== null; one = one.next) if (one.topic.name === topic) return true;
    return false;
  }

  received(bytes: Buffer): void {
    if (!this.#isOpen) return;
    const { cork, clock } = this.#sockets;
    this.activeAt = clock;
    const before = cork.take(this.#wire);
    this.#sockets.messagesOfRead = 0;
    try {
      this.#reader ??= this.#sockets.takeReader(this);
      this.#reader.push(bytes);
      // lets the replies to the previous message join the same write
      if (this.#sockets.messagesOfRead > 1) drainMicrotasks();
    } catch (thrown) {
      if (!(thrown instanceof FrameError)) throw thrown;
      this.#goodbye(closePayload(thrown.code, thrown.message), 1006, thrown.message);
    } finally {
      cork.release(before);
    }
    if (this.#reader?.isBetweenMessages !== true) return;
    this.#sockets.giveReader(this.#reader);
    this.#reader = null;
  }

  drained(): void {
    if (!this.#isOpen) return;
    const { cork, clock } = this.#sockets;
    this.activeAt = clock;
    const before = cork.take(this.#wire);
    this.#sockets.drained(this);
    cork.release(before);
  }

  closed(): void {
    this.#sockets.gone(this);
    if (!this.#isOpen) return;
    this.#leave();
    this.#sockets.closed(this, 1006, "");
  }

  onMessage(data: string | Buffer): void {
    this.#sockets.message(this, data);
  }

  onPing(data: Buffer): void {
    this.#control(opcodes.pong, data);
    this.#sockets.pinged(this, data);
  }

  onPong(data: Buffer): void {
    this.#sockets.ponged(this, data);
  }

  /** Answers with the client's own code (RFC 6455, section 5.5.1). */
  onClose(code: number, reason: string): void {
    this.#goodbye(closePayload(code, reason), code, reason);
  }

  #control(opcode: Opcode, data: Uint8Array): number {
    if (!this.#canSend()) return 0;
    const { cork } = this.#sockets;
    const payload = data.byteLength > controlBytesMax ? data.subarray(0, controlBytesMax) : data;
    if (cork.holds(this.#wire)) return this.#sent(cork.frame(opcode, payload));
    const before = cork.take(this.#wire);
    const bytes = cork.frame(opcode, payload);
    cork.release(before);
    return this.#sent(bytes);
  }

  /** Sends the close frame after everything else, then FIN; the client has a while to close its side. */
  #goodbye(payload: Uint8Array, code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#keepPlace();
    const { cork } = this.#sockets;
    const before = cork.holds(this.#wire) ? this.#wire : cork.take(this.#wire);
    cork.frame(opcodes.close, payload);
    cork.release(before);
    this.#leave();
    // a paused socket must be read again, or the client's close would go unnoticed
    if (this.isPaused) this.#wire.resume();
    this.#wire.end();
    this.#sockets.closing(this);
    this.#sockets.closed(this, code, reason);
  }

  #leave(): void {
    this.#sockets.left(this);
    this.#reader?.stop();
    this.#reader = null;
    for (let one = this.#membership; one !== null; one = one.next) this.#sockets.topics.leave(one);
    this.#membership = null;
  }

  get #isOpen(): boolean {
    return this.index >= 0;
  }

  /** Flushes pending publications, which come before anything sent now. */
  #keepPlace(): void {
    const { publications } = this.#sockets;
    if (publications.isEmpty) return;
    for (let one = this.#membership; one !== null; one = one.next)
      if (one.topic.isPublished) return publications.flush();
  }

  #canSend(): boolean {
    if (!this.#isOpen) return false;
    this.#keepPlace();
    if (!this.#sockets.isFull(this.#wire)) return true;
    if (this.#sockets.cutsFull) this.cut("");
    return false;
  }

  #sent(bytes: number): number {
    if (this.#wire.bufferedBytes > 0) return -1;
    this.activeAt = this.#sockets.clock;
    return bytes;
  }
}
