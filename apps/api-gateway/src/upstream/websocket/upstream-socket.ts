import type { Socket } from "node:net";
import {
  closePayload,
  FrameError,
  FrameReader,
  type FrameSink,
  type Opcode,
  opcodes,
  writeClientFrame,
} from "@libs/http1";

/** How long the service may take to answer a close. */
const closeGraceMs = 3000;

export interface UpstreamSocketEvents {
  message(data: string | Buffer): void;
  ping(data: Buffer): void;
  pong(data: Buffer): void;
  /** Called when the queued data was sent. */
  drained(): void;
  /**
   * Called once, as the last event: by the service's close frame, by a fault in what it sent (1002, 1007, 1009), or when it vanished
   * (1006).
   */
  closed(code: number, reason: string, cause: "service" | "fault" | "gone"): void;
}

type Ending = Parameters<UpstreamSocketEvents["closed"]>;

export interface UpstreamSocketOptions {
  readonly socket: Socket;
  /** What came with the head of the answer. */
  readonly head: Buffer;
  readonly messageBytesMax: number;
}

/** The gateway's end of a WebSocket to a service, after its handshake. Reads nothing before `start`. */
export class UpstreamSocket {
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #messageBytesMax: number;
  #held: Buffer[] = [];
  #reader: FrameReader | null = null;
  #events: UpstreamSocketEvents | null = null;
  #isPaused = false;
  #isClosing = false;
  #grace: NodeJS.Timeout | undefined;
  /** `performance.now()` of the last byte. */
  receivedAt = performance.now();

  constructor({ socket, head, messageBytesMax }: UpstreamSocketOptions) {
    this.#socket = socket;
    this.#head = head;
    this.#messageBytesMax = messageBytesMax;
  }

  start(events: UpstreamSocketEvents): void {
    this.#events = events;
    const sink: FrameSink = {
      onMessage: (data) => events.message(data),
      onPing: (data) => events.ping(data),
      onPong: (data) => events.pong(data),
      onClose: (code, reason) => this.#closedByService(code, reason),
    };
    this.#reader = new FrameReader(sink, { from: "server", messageBytesMax: this.#messageBytesMax });
    const socket = this.#socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => events.drained());
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#ended());
    if (socket.destroyed) return this.#ended();
    if (this.#head.byteLength > 0) this.#read(this.#head);
    if (!this.#isPaused) socket.resume();
  }

  /** Bytes that wait for the service to read. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  send(data: string | Uint8Array): void {
    if (typeof data === "string") this.#write(opcodes.text, Buffer.from(data));
    else this.#write(opcodes.binary, data);
  }

  ping(data: Uint8Array): void {
    this.#write(opcodes.ping, data);
  }

  pong(data: Uint8Array): void {
    this.#write(opcodes.pong, data);
  }

  /** Sends a close frame and waits briefly for the answer. 1006 cannot be sent: the connection is cut instead. */
  close(code: number, reason: string): void {
    if (code === 1006) return this.terminate();
    if (this.#isClosing) return;
    this.#write(opcodes.close, closePayload(code, reason));
    this.#isClosing = true;
    this.resume();
    this.#grace = setTimeout(() => this.terminate(), closeGraceMs);
  }

  terminate(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** Stops reading: the service is held back by TCP. What was read already waits here, a chunk at most. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#reader?.hold();
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#reader?.release();
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) this.#read(chunk);
    if (!this.#isPaused) this.#socket.resume();
  }

  #write(opcode: Opcode, payload: Uint8Array): void {
    if (!this.#isClosing && !this.#socket.destroyed) this.#socket.write(writeClientFrame(opcode, payload));
  }

  #read(chunk: Buffer): void {
    this.receivedAt = performance.now();
    if (this.#isPaused) return void this.#held.push(chunk);
    try {
      const rest = this.#reader?.push(chunk);
      if (rest !== undefined && rest.byteLength > 0) this.#held.push(rest);
    } catch (thrown) {
      const { code, message } = thrown instanceof FrameError ? thrown : new FrameError(1002, String(thrown));
      this.#leave(closePayload(code, message), [code, message, "fault"]);
    }
  }

  #closedByService(code: number, reason: string): void {
    // its own code is the answer (RFC 6455, 5.5.1)
    this.#leave(closePayload(code, ""), [code, reason, "service"]);
  }

  /** A service that does not read what waits for it is given a while, but its client is not left waiting. */
  #leave(payload: Uint8Array, end: Ending): void {
    this.#write(opcodes.close, payload);
    this.#isClosing = true;
    this.#socket.end(() => this.#socket.destroy());
    this.#grace ??= setTimeout(() => this.terminate(), closeGraceMs);
    this.#tell(end);
  }

  #ended(): void {
    clearTimeout(this.#grace);
    this.#tell([1006, "", "gone"]);
  }

  #tell(end: Ending): void {
    const events = this.#events;
    this.#events = null;
    events?.closed(...end);
  }
}
