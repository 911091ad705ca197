/** Opcodes of RFC 6455, section 5.2. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Why a frame, or what it belongs to, cannot be taken: `code` is what the connection is closed with. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: 1002 | 1007 | 1009;

  constructor(code: FrameError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** One whole frame as a client sends it: masked with a fresh key (RFC 6455, 5.3). The payload is not touched. */
export function writeClientFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const { byteLength } = payload;
  const headBytes = byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10;
  const start = headBytes + 4;
  // So that the payload begins at a word, and can be masked word by word.
  const padding = (4 - (start % 4)) % 4;
  const frame = Buffer.allocUnsafeSlow(padding + start + byteLength).subarray(padding);
  frame[0] = 0x80 | opcode;
  if (headBytes === 2) frame[1] = 0x80 | byteLength;
  else if (headBytes === 4) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(byteLength, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(byteLength), 2);
  }
  const key = crypto.getRandomValues(new Uint8Array(4));
  frame.set(key, headBytes);
  frame.set(payload, start);
  mask(frame.subarray(start), key);
  return frame;
}

/** In place. `bytes` begin at a word of their memory. */
function mask(bytes: Buffer, key: Uint8Array): void {
  const [word = 0] = new Uint32Array(key.buffer);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  for (let index = 0; index < words.length; index += 1) words[index] = (words[index] ?? 0) ^ word;
  for (let index = words.length * 4; index < bytes.byteLength; index += 1)
    bytes[index] = (bytes[index] ?? 0) ^ (key[index & 3] ?? 0);
}

/** The payload of a close frame; empty for 1005, which says that there is none. The reason is cut at 123 bytes. */
export function closePayload(code: number, reason: string): Buffer {
  if (code === 1005) return Buffer.alloc(0);
  const text = Buffer.from(reason);
  let end = Math.min(text.byteLength, 123);
  // not in the middle of a character
  while (end < text.byteLength && end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const payload = Buffer.allocUnsafe(2 + end);
  payload.writeUInt16BE(code, 0);
  text.copy(payload, 2, 0, end);
  return payload;
}

/** Codes that may stand in a close frame (RFC 6455, 7.4, and its registry). */
export function isSendableCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
