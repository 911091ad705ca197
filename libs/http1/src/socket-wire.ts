import type { SocketAddress } from "bun";
import type { Wire } from "./takeover.ts";
import type { WireSocket } from "./wire-socket.ts";

/** What is put together before it is written, at most: one write for many small parts. */
const joinedBytesMax = 16_384;

/** Writes to one socket and keeps, in order, what it does not take. */
export class SocketWire implements Wire {
  readonly #socket: WireSocket;
  #waiting: Uint8Array[] | null = null;
  #waitingBytes = 0;
  #taken = 0;
  /** When it was last seen that nothing waits, or that some of it was taken, and how much had been taken then. */
  #movedAt = 0;
  #movedBytes = 0;
  #isEnding = false;
  #isClosed = false;
  #peer: SocketAddress | null = null;

  constructor(socket: WireSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  /** Of all that was written, what the kernel has taken. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** Its end was asked for, and waits for what was written before it. */
  get isSendingLast(): boolean {
    return this.#isEnding && this.#waitingBytes > 0;
  }

  get remoteAddress(): string {
    return this.peer?.address ?? "";
  }

  /** `null` where the client was gone before anybody asked: the system has forgotten it then. */
  get peer(): SocketAddress | null {
    if (this.#peer === null) {
      const address: string | undefined = this.#socket.remoteAddress;
      if (address === undefined) return null;
      const port = this.#socket.remotePort;
      this.#peer = { address, port, family: address.includes(":") ? "IPv6" : "IPv4" };
    }
    return this.#peer;
  }

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.length);
  }

  /** Writes `bytes` from `start` to `end`; they may be changed afterwards. */
  writePart(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isClosed || this.#isEnding) return this.#waitingBytes;
    const taken = this.#waiting === null ? this.#take(bytes, start, end - start) : 0;
    if (start + taken < end) this.#keep(bytes, start + taken, end);
    return this.#waitingBytes;
  }

  /**
   * Writes `bytes` up to `end`, in which `data` stands from `dataStart`. What the kernel does not take of `data` is not copied: it MUST
   * NOT be changed any more.
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

  /** As `write`, of bytes that MUST NOT be changed any more: they are not copied. */
  writeOwn(data: Uint8Array): void {
    if (this.#isClosed || this.#isEnding) return;
    const taken = this.#waiting === null ? this.#take(data, 0, data.length) : 0;
    if (taken < data.length) this.#keepOwn(data.subarray(taken));
  }

  /** Has it wait for `flush`, with what follows. */
  hold(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isClosed && !this.#isEnding) this.#keep(bytes, start, end);
  }

  /** Hands what waits to the kernel. @returns whether it has taken everything. */
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

  /** Asked again and again: whether the other end has taken nothing of what waits for so long. */
  isStalled(now: number, longest: number): boolean {
    if (this.#waitingBytes > 0 && this.#taken === this.#movedBytes) return now - this.#movedAt >= longest;
    this.#movedBytes = this.#taken;
    this.#movedAt = now;
    return false;
  }

  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#waiting === null) this.#socket.shutdown();
  }

  /** Ends both ways at once. What the client sent and nobody read would have the answer thrown away: there MUST be none. */
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

  /** Has another hear of what happens to the socket. */
  belongTo(owner: unknown): void {
    this.#socket.data = owner;
  }

  pause(): void {
    if (!this.#isClosed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#socket.resume();
  }

  /** The socket is gone. */
  closed(): void {
    this.#isClosed = true;
    this.#waiting = null;
    this.#waitingBytes = 0;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    // `slice` of a Buffer is a view of it.
    this.#keepOwn(new Uint8Array(bytes.subarray(start, end)));
  }

  #keepOwn(bytes: Uint8Array): void {
    this.#waiting ??= [];
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** A closed socket takes nothing and says so with a negative number. */
  #take(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return 0;
    const taken = Math.max(0, this.#socket.write(bytes, start, length));
    this.#taken += taken;
    return taken;
  }
}

/** The first of what waits, and with it as many of the next as make one write. They take its place. */
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
