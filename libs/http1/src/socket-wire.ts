import type { SocketAddress } from "bun";
import type { Wire } from "./takeover.ts";
import type { WireSocket } from "./wire-socket.ts";

/** Bound on joining small waiting parts into one write. */
const joinedBytesMax = 16_384;

/**
 * Writes to a socket, and buffers, in order, what the kernel does not accept. Few fields: each WebSocket has one, and what only a
 * connection that speaks HTTP needs is kept there.
 */
export class SocketWire implements Wire {
  readonly #socket: WireSocket;
  #waiting: Uint8Array[] | null = null;
  #waitingBytes = 0;
  #taken = 0;
  #isEnding = false;
  #isClosed = false;
  #isPaused = false;

  constructor(socket: WireSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  /** Total bytes accepted by the kernel. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** True where a close is pending until everything written before it is sent. */
  get isSendingLast(): boolean {
    return this.#isEnding && this.#waitingBytes > 0;
  }

  get remoteAddress(): string {
    return this.peer?.address ?? "";
  }

  /** `null` where the socket has closed: the system no longer knows the address. */
  get peer(): SocketAddress | null {
    const address: string | undefined = this.#socket.remoteAddress;
    if (address === undefined) return null;
    return { address, port: this.#socket.remotePort, family: address.includes(":") ? "IPv6" : "IPv4" };
  }

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.length);
  }

  /** Writes `bytes` from `start` to `end`; the caller may reuse the buffer. */
  writePart(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isClosed || this.#isEnding) return this.#waitingBytes;
    const taken = this.#waiting === null ? this.#take(bytes, start, end - start) : 0;
    if (start + taken < end) this.#keep(bytes, start + taken, end);
    return this.#waitingBytes;
  }

  /**
   * Writes `bytes` up to `end`, a copy of `data` from `dataStart` on included. If the kernel does not accept all of it, the rest of
   * `data` is kept without copying: it MUST NOT change any more.
   */
  writeAround(bytes: Uint8Array, end: number, data: Uint8Array, dataStart: number): void {
    if (this.#isClosed || this.#isEnding) return;
    const taken = this.#waiting === null ? this.#take(bytes, 0, end) : 0;
    if (taken === end) return;
    const dataEnd = dataStart + data.length;
    if (taken < dataStart) this.#keep(bytes, taken, dataStart);
    if (taken < dataEnd) this.#keepOwn(data.subarray(Math.max(0, taken - dataStart)));
    if (dataEnd < end) this.#keep(bytes, Math.max(taken, dataEnd), end);
  }

  /** Like `write`, without copying: the bytes MUST NOT change any more. */
  writeOwn(data: Uint8Array): void {
    if (this.#isClosed || this.#isEnding) return;
    const taken = this.#waiting === null ? this.#take(data, 0, data.length) : 0;
    if (taken < data.length) this.#keepOwn(data.subarray(taken));
  }

  /** Buffers bytes until the next `flush`, ahead of anything written later. */
  hold(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isClosed && !this.#isEnding) this.#keep(bytes, start, end);
  }

  /** Hands buffered bytes to the kernel. @returns whether it accepted all of them. */
  flush(): boolean {
    const waiting = this.#waiting;
    if (waiting === null) return true;
    while (waiting.length > 0) {
      const next = joined(waiting);
      const taken = this.#take(next, 0, next.length);
      this.#waitingBytes -= taken;
      if (taken < next.length) {
        waiting[0] = taken === 0 ? next : next.subarray(taken);
        return false;
      }
      waiting.shift();
    }
    this.#waiting = null;
    if (this.#isEnding) this.#socket.shutdown();
    return true;
  }

  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#waiting === null) this.#socket.shutdown();
  }

  /** Closes both directions. Unread input would cause a reset that destroys the answer: there MUST be none. */
  close(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#socket.end();
  }

  terminate(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#socket.terminate();
  }

  /** Sets who receives the socket's events. */
  belongTo(owner: unknown): void {
    this.#socket.data = owner;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    if (this.#isClosed || this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (this.#isClosed || !this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Called when the socket has closed. */
  closed(): void {
    this.#isClosed = true;
    this.#waiting = null;
    this.#waitingBytes = 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    // `slice` of a Buffer does not copy
    this.#keepOwn(new Uint8Array(bytes.subarray(start, end)));
  }

  #keepOwn(bytes: Uint8Array): void {
    this.#waiting ??= [];
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** A closed socket accepts nothing and returns a negative number. */
  #take(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return 0;
    const taken = Math.max(0, this.#socket.write(bytes, start, length));
    this.#taken += taken;
    return taken;
  }
}

/** Joins the first waiting parts into one write, and replaces them by it. */
function joined(waiting: Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = waiting;
  let count = 1;
  let bytes = first.length;
  for (; count < waiting.length; count += 1) {
    bytes += waiting[count]?.length ?? 0;
    if (bytes > joinedBytesMax) break;
  }
  if (count === 1) return first;
  const whole = Buffer.concat(waiting.slice(0, count));
  waiting.splice(0, count, whole);
  return whole;
}
