import { FrameError } from "./frame-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param isAscii skips UTF-8 validation where it is known to be unnecessary. @throws FrameError 1007 */
export function decodeText(bytes: Buffer, start: number, end: number, isAscii: boolean): string {
  if (isAscii) return bytes.toString("latin1", start, end);
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    throw new FrameError(1007, "Received invalid UTF-8");
  }
}
