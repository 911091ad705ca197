import type { Opcode } from "./opcodes.ts";

/** Size of the head of an unmasked frame with such a payload (RFC 6455, section 5.2). */
export function headBytesOf(payloadBytes: number): 2 | 4 | 10 {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the head of a final, unmasked frame. */
export function writeHead(target: Buffer, at: number, opcode: Opcode, payloadBytes: number): void {
  target[at] = 0x80 | opcode;
  if (payloadBytes < 126) target[at + 1] = payloadBytes;
  else if (payloadBytes < 65_536) {
    target[at + 1] = 126;
    target.writeUInt16BE(payloadBytes, at + 2);
  } else {
    target[at + 1] = 127;
    target.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), at + 2);
    target.writeUInt32BE(payloadBytes >>> 0, at + 6);
  }
}
