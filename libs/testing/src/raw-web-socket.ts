import { createEventLog, type EventLog } from "./event-log.ts";
import type { Socket } from "bun";

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawSocket {
  /** The status of the handshake's answer. */
  readonly status: number;
  readonly frames: EventLog<RawFrame>;
  /** How often data arrived: at most once per write of the server. */
  readonly reads: () => number;
  write(bytes: Uint8Array | string): void;
  /** Stops reading, so that the server's buffers fill. */
  pause(): void;
  resume(): void;
  /** The code of the close frame, 1006 without one. */
  readonly closed: Promise<number>;
  end(): void;
}

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  readonly reserved?: number;
}

/** A WebSocket frame, optionally with a hostile client's errors. */
export function frameOf(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, masked = true, reserved = 0 } = options;
  const body = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  if (body.length < 126) head.push(mask | body.length);
  else if (body.length < 65_536) head.push(mask | 126, body.length >> 8, body.length & 255);
  else head.push(mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (body.length >>> shift) & 255));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = Buffer.from([1, 2, 3, 4]);
  const hidden = body.map((byte, index) => byte ^ (key[index % 4] ?? 0));
  return Buffer.concat([Buffer.from(head), key, hidden]);
}

/** Opens a TCP connection and sends an upgrade request. Resolves with the answer's status. */
export async function openRaw(
  port: number,
  path = "/ws",
  headers: readonly string[] = [],
): Promise<RawSocket> {
  const frames = createEventLog<RawFrame>();
  const status = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<number>();
  let buffered = Buffer.alloc(0);
  let isOpen = false;
  let closeCode = 1006;
  let reads = 0;

  function read(): void {
    if (!isOpen) {
      const end = buffered.indexOf("\r\n\r\n");
      if (end === -1) return;
      isOpen = true;
      status.resolve(Number(buffered.toString("latin1", 9, 12)));
      buffered = buffered.subarray(end + 4);
    }
    for (let frame = takeFrame(buffered); frame !== null; frame = takeFrame(buffered)) {
      buffered = buffered.subarray(frame.size);
      if (frame.opcode === 8 && frame.payload.length >= 2) closeCode = frame.payload.readUInt16BE(0);
      frames.push({ opcode: frame.opcode, payload: frame.payload });
    }
  }

  const socket: Socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_socket, bytes) {
        reads += 1;
        buffered = Buffer.concat([buffered, bytes]);
        read();
      },
      close() {
        status.resolve(0);
        closed.resolve(closeCode);
      },
      error() {
        closed.resolve(closeCode);
      },
    },
  });
  const usual = [
    "upgrade: websocket",
    "connection: Upgrade",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  const names = new Set(headers.map((line) => line.split(":", 1)[0]));
  const lines = [
    ...usual.filter((line) => !names.has(line.split(":", 1)[0])),
    ...headers.filter((line) => !line.endsWith(":")),
  ];
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join("\r\n")}\r\n\r\n`);
  return {
    status: await status.promise,
    frames,
    reads: () => reads,
    write: (bytes) => void socket.write(bytes),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    closed: closed.promise,
    end: () => socket.terminate(),
  };
}

/** The first complete frame of a server, whose frames are unmasked. */
function takeFrame(bytes: Buffer): (RawFrame & { readonly size: number }) | null {
  if (bytes.length < 2) return null;
  let length = bytes.readUInt8(1) & 127;
  let start = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    start = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    start = 10;
  }
  if (bytes.length < start + length) return null;
  return {
    opcode: bytes.readUInt8(0) & 15,
    payload: bytes.subarray(start, start + length),
    size: start + length,
  };
}
