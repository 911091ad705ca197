import { isSendableCode } from "./close-payload.ts";
import { decodeText } from "./decode-text.ts";
import { FrameError } from "./frame-error.ts";
import { GrowingBytes } from "../message/growing-bytes.ts";
import { mask } from "./mask.ts";
import { controlBytesMax, opcodes } from "./opcodes.ts";

/** Receives the content of frames. Texts are valid UTF-8, fragments are joined, and byte payloads belong to the receiver. */
export interface FrameSink {
  onMessage(data: string | Buffer): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** 1005 where the frame has no code. Nothing is read afterwards. */
  onClose(code: number, reason: string): void;
}

export interface FrameRules {
  /** Which side sends the frames: a client's are masked, a server's are not (RFC 6455, section 5.1). */
  readonly from: "client" | "server";
  readonly messageBytesMax: number;
}

interface Fragments {
  readonly opcode: number;
  readonly bytes: GrowingBytes;
}

const nothing = Buffer.alloc(0);

/**
 * Parses the frames of one side (RFC 6455, section 5), strictly: no extensions, minimal length encoding. A frame that arrives in a single
 * read is unmasked in place, without a copy.
 */
export class FrameReader {
  /** May change between two messages. */
  sink: FrameSink;
  readonly #rules: FrameRules;
  #state: "reading" | "held" | "done" = "reading";
  /** Bytes needed to continue with the frame that begins in `#rest`. */
  #wanted = 0;
  #rest: GrowingBytes | null = null;
  #fragments: Fragments | null = null;

  constructor(sink: FrameSink, rules: FrameRules) {
    this.sink = sink;
    this.#rules = rules;
  }

  /** Whether it holds nothing of what it has read, and can read for another connection. */
  get isBetweenMessages(): boolean {
    return this.#state === "reading" && this.#rest === null && this.#fragments === null;
  }

  /** Stops after the current frame: `push` returns the rest. */
  hold(): void {
    if (this.#state === "reading") this.#state = "held";
  }

  release(): void {
    if (this.#state === "held") this.#state = "reading";
  }

  /** Ignores all further input. */
  stop(): void {
    this.#state = "done";
    this.#rest = null;
    this.#fragments = null;
  }

  /**
   * @param bytes are modified: they are unmasked in place.
   * @returns what was left unread because of `hold`; empty otherwise.
   * @throws FrameError
   */
  push(bytes: Buffer): Buffer {
    let at = this.#rest === null ? 0 : this.#complete(this.#rest, bytes);
    while (at < bytes.byteLength && this.#state === "reading") {
      const size = this.#readFrame(bytes, at);
      if (size === 0) {
        this.#rest = new GrowingBytes();
        this.#rest.append(bytes, at, bytes.byteLength);
        return nothing;
      }
      at += size;
    }
    return this.#state === "held" && at < bytes.byteLength ? bytes.subarray(at) : nothing;
  }

  /** Continues a frame that has begun. @returns how many of the bytes belonged to it. */
  #complete(rest: GrowingBytes, bytes: Buffer): number {
    let at = 0;
    while (this.#state === "reading") {
      const end = Math.min(bytes.byteLength, at + this.#wanted - rest.length);
      rest.append(bytes, at, end);
      at = end;
      if (rest.length < this.#wanted) break;
      if (this.#readFrame(rest.view(), 0) === 0) continue;
      this.#rest = null;
      break;
    }
    return at;
  }

  /** @returns the frame's size; 0 where it is incomplete. */
  #readFrame(bytes: Buffer, at: number): number {
    const available = bytes.byteLength - at;
    if (available < 2) return this.#want(2);
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const isMasked = (second & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw new FrameError(1002, "Received unexpected RSV bit");
    if (isMasked !== (this.#rules.from === "client"))
      throw new FrameError(1002, "Received an incorrectly masked frame");
    const short = second & 0x7f;
    const headBytes = (short < 126 ? 2 : short === 126 ? 4 : 10) + (isMasked ? 4 : 0);
    if (available < headBytes) return this.#want(headBytes);
    const length = short < 126 ? short : readLength(bytes, at, short);
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    this.#check(opcode, isFinal, length);
    const size = headBytes + length;
    if (available < size) return this.#want(size);
    const start = at + headBytes;
    const end = at + size;
    const isAscii = isMasked && mask(bytes, start, end, bytes.readInt32LE(start - 4));
    if (opcode >= opcodes.close) this.#control(opcode, Buffer.from(bytes.subarray(start, end)));
    else if (isFinal && this.#fragments === null) {
      this.sink.onMessage(
        opcode === opcodes.text
          ? decodeText(bytes, start, end, isAscii)
          : Buffer.from(bytes.subarray(start, end)),
      );
    } else this.#fragment(opcode, isFinal, bytes, start, end);
    return size;
  }

  #want(bytes: number): 0 {
    this.#wanted = bytes;
    return 0;
  }

  #check(opcode: number, isFinal: boolean, length: number): void {
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) throw new FrameError(1002, "Received invalid opcode");
      if (!isFinal) throw new FrameError(1002, "Received fragmented control frame");
      if (length > controlBytesMax) throw new FrameError(1002, "Received too big control frame");
      return;
    }
    if (opcode > opcodes.binary) throw new FrameError(1002, "Received invalid opcode");
    if (opcode === opcodes.continuation) {
      if (this.#fragments === null)
        throw new FrameError(1002, "Received continuation frame outside a fragmented message");
    } else if (this.#fragments !== null) {
      throw new FrameError(1002, "Received new message inside a fragmented message");
    }
    if ((this.#fragments?.bytes.length ?? 0) + length > this.#rules.messageBytesMax)
      throw new FrameError(1009, "Received too big message");
  }

  #fragment(opcode: number, isFinal: boolean, source: Buffer, start: number, end: number): void {
    this.#fragments ??= { opcode, bytes: new GrowingBytes() };
    const fragments = this.#fragments;
    fragments.bytes.append(source, start, end);
    if (!isFinal) return;
    this.#fragments = null;
    const whole = fragments.bytes.view();
    this.sink.onMessage(
      fragments.opcode === opcodes.text ? decodeText(whole, 0, whole.byteLength, false) : whole,
    );
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) return this.sink.onPing(payload);
    if (opcode === opcodes.pong) return this.sink.onPong(payload);
    this.stop();
    if (payload.byteLength === 0) return this.sink.onClose(1005, "");
    if (payload.byteLength === 1) throw new FrameError(1002, "Received invalid close payload");
    const code = payload.readUInt16BE(0);
    if (!isSendableCode(code)) throw new FrameError(1002, "Received invalid close code");
    this.sink.onClose(code, decodeText(payload, 2, payload.byteLength, false));
  }
}

/** @param short the 7-bit length: 126 or 127. */
function readLength(bytes: Buffer, at: number, short: number): number {
  const length = short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  if (length < (short === 126 ? 126 : 65_536))
    throw new FrameError(1002, "Received a length longer than needed");
  return length;
}
