import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { unreadableFile } from "../model/config/unreadable-file.ts";

const pieceBytes = 65_536;

/**
 * Reads a file that the config names. Regular files only: a device or a pipe may have no end, and reading blocks all requests. The reported
 * length is not trusted. @throws Error that says what is wrong with the file, without its content.
 */
export function readWholeFile(file: string, bytesMax: number): string {
  const bytes = readBytes(file, bytesMax + 1);
  if (bytes === null) throw new Error(`${file} is no file`);
  if (bytes.byteLength > bytesMax) throw new Error(`the file ${file} is larger than ${bytesMax} bytes`);
  return bytes.toString("utf8");
}

/** `null` if it is not a regular file. Pipes are opened without waiting for a writer. */
function readBytes(file: string, bytesMax: number): Buffer | null {
  let opened: number | null = null;
  try {
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(opened).isFile() ? readUpTo(opened, bytesMax) : null;
  } catch (cause) {
    throw unreadableFile(file, cause);
  } finally {
    if (opened !== null) closeSync(opened);
  }
}

function readUpTo(opened: number, bytesMax: number): Buffer {
  const pieces: Buffer[] = [];
  for (let left = bytesMax; left > 0; ) {
    const piece = Buffer.alloc(Math.min(left, pieceBytes));
    const read = readSync(opened, piece);
    if (read === 0) break;
    pieces.push(piece.subarray(0, read));
    left -= read;
  }
  return Buffer.concat(pieces);
}
