import { FrameError, isSendableCode, opcodes } from "./frame.ts";

/** What a server's frames come to. Texts are checked to be UTF-8; fragments are put together. */
export interface FrameHandler {
  message(data: string | Buffer): void;
  ping(data: Buffer): void;
  pong(data: Buffer): void;
  /** 1005 where the frame names no code. Nothing is read after it. */
  close(code: number, reason: string): void;
  /** Asked after each frame: true leaves the rest unread until `push` is called again. */
  isPaused(): boolean;
}

const controlBytesMax = 125;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the frames of a server (RFC 6455, section 5), strictly: no extensions, no masks, no lengths longer than needed. */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #messageBytesMax: number;
  /** The beginning of a frame whose head is not all there. */
  #rest: Buffer = Buffer.alloc(0);
  #frame: { readonly opcode: number; readonly isFinal: boolean; readonly payload: Buffer } | null = null;
  #filled = 0;
  #fragments: Buffer[] = [];
  #fragmentBytes = 0;
  #kind: number | null = null;
  #isClosed = false;

  constructor(handler: FrameHandler, messageBytesMax: number) {
    this.#handler = handler;
    this.#messageBytesMax = messageBytesMax;
  }

  /** @returns what was not read because the handler is paused; empty otherwise. @throws FrameError */
  push(chunk: Buffer): Buffer {
    let bytes = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (!this.#isClosed) {
      if (this.#handler.isPaused()) return bytes;
      if (this.#frame === null) {
        const headBytes = this.#readHead(bytes);
        if (headBytes === 0) {
          this.#rest = Buffer.from(bytes);
          break;
        }
        bytes = bytes.subarray(headBytes);
      }
      bytes = this.#fill(bytes);
      if (this.#frame !== null) break;
    }
    return Buffer.alloc(0);
  }

  /** @returns the bytes of the head, 0 where they are not all there. */
  #readHead(bytes: Buffer): number {
    if (bytes.byteLength < 2) return 0;
    const first = bytes[0] ?? 0;
    const second = bytes[1] ?? 0;
    if ((first & 0x70) !== 0) throw new FrameError(1002, "reserved bits are set");
    if ((second & 0x80) !== 0) throw new FrameError(1002, "a server's frame is masked");
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    const short = second & 0x7f;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.byteLength < headBytes) return 0;
    const length = short < 126 ? short : readLength(bytes, short);
    this.#check(opcode, isFinal, length);
    this.#frame = { opcode, isFinal, payload: Buffer.allocUnsafe(length) };
    this.#filled = 0;
    return headBytes;
  }

  #check(opcode: number, isFinal: boolean, length: number): void {
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) throw new FrameError(1002, "the opcode is unknown");
      if (!isFinal || length > controlBytesMax)
        throw new FrameError(1002, "a control frame is long or in parts");
      return;
    }
    if (opcode > opcodes.binary) throw new FrameError(1002, "the opcode is unknown");
    if ((opcode === opcodes.continuation) !== (this.#kind !== null))
      throw new FrameError(1002, "a message begins within another, or goes on without having begun");
    if (this.#fragmentBytes + length > this.#messageBytesMax)
      throw new FrameError(1009, "the message is too large");
  }

  #fill(bytes: Buffer): Buffer {
    const frame = this.#frame;
    if (frame === null) return bytes;
    const { payload } = frame;
    const copied = bytes.copy(payload, this.#filled);
    this.#filled += copied;
    if (this.#filled < payload.byteLength) return bytes.subarray(copied);
    this.#frame = null;
    if (frame.opcode >= opcodes.close) this.#control(frame.opcode, payload);
    else this.#data(frame.opcode, frame.isFinal, payload);
    return bytes.subarray(copied);
  }

  #data(opcode: number, isFinal: boolean, payload: Buffer): void {
    const kind = this.#kind ?? opcode;
    if (!isFinal) {
      this.#kind = kind;
      this.#fragments.push(payload);
      this.#fragmentBytes += payload.byteLength;
      return;
    }
    const whole = this.#fragments.length === 0 ? payload : Buffer.concat([...this.#fragments, payload]);
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#kind = null;
    this.#handler.message(kind === opcodes.text ? decode(whole) : whole);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) return this.#handler.ping(payload);
    if (opcode === opcodes.pong) return this.#handler.pong(payload);
    this.#isClosed = true;
    if (payload.byteLength === 0) return this.#handler.close(1005, "");
    if (payload.byteLength === 1) throw new FrameError(1002, "half a close code");
    const code = payload.readUInt16BE(0);
    if (!isSendableCode(code)) throw new FrameError(1002, "the close code is none");
    this.#handler.close(code, decode(payload.subarray(2)));
  }
}

function readLength(bytes: Buffer, short: number): number {
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length < (short === 126 ? 126 : 65_536)) throw new FrameError(1002, "a length is longer than needed");
  return length;
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new FrameError(1007, "a text is not UTF-8");
  }
}
