import { mask } from "./mask.ts";
import type { Opcode } from "./opcodes.ts";
import { headBytesOf, writeHead } from "./frame-head.ts";

/** Masking keys, taken from the system's generator in batches. */
const keys = new Int32Array(1024);
let keysLeft = 0;

/** A whole frame as a client sends it: masked with a fresh key (RFC 6455, section 5.3). The payload is not modified. */
export function writeClientFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const { byteLength } = payload;
  const headBytes = headBytesOf(byteLength);
  const start = headBytes + 4;
  const frame = Buffer.allocUnsafe(start + byteLength);
  writeHead(frame, 0, opcode, byteLength);
  frame[1] = 0x80 | (frame[1] ?? 0);
  const key = freshKey();
  frame.writeInt32LE(key, headBytes);
  frame.set(payload, start);
  mask(frame, start, frame.byteLength, key);
  return frame;
}

function freshKey(): number {
  if (keysLeft === 0) {
    crypto.getRandomValues(keys);
    keysLeft = keys.length;
  }
  keysLeft -= 1;
  return keys[keysLeft] ?? 0;
}
