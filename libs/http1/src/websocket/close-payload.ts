import { controlBytesMax } from "./opcodes.ts";

const none = Buffer.alloc(0);

/**
 * The payload of a close frame; empty for 1005 and 1006, which mean that there is no code. The reason is truncated to 123 bytes at a
 * character boundary.
 */
export function closePayload(code: number, reason: string): Buffer {
  if (code === 1005 || code === 1006) return none;
  const text = Buffer.from(reason);
  let end = Math.min(text.byteLength, controlBytesMax - 2);
  while (end < text.byteLength && end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const payload = Buffer.allocUnsafe(2 + end);
  payload.writeUInt16BE(code, 0);
  text.copy(payload, 2, 0, end);
  return payload;
}

/** Codes that are allowed in a close frame (RFC 6455, section 7.4, and its registry). */
export function isSendableCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
