import { type ByteTable, isTokenCode, isValueCode } from "./byte-tables.ts";

const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const colon = 58;

/**
 * Writes a field line to `bytes` from `start`, where it MUST have room. Every character is validated, so that a field cannot inject
 * another one.
 *
 * @param malformed creates the error from the position: it never sees the value, which may be a secret.
 * @returns where it ends.
 */
export function putField(
  bytes: Buffer,
  start: number,
  name: string,
  value: string,
  malformed: (place: string) => Error,
): number {
  let at = putText(bytes, start, name, isTokenCode);
  if (at <= start) throw malformed("name of a field");
  bytes[at] = colon;
  bytes[at + 1] = space;
  at = putText(bytes, at + 2, value, isValueCode);
  if (at < 0) throw malformed(`field ${name}`);
  bytes[at] = carriageReturn;
  bytes[at + 1] = lineFeed;
  return at + 2;
}

/** @returns where the text ends, or -1 where it contains a character that is not allowed. */
export function putText(bytes: Buffer, start: number, text: string, allowed: ByteTable): number {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (allowed[code] !== 1) return -1;
    bytes[start + index] = code;
  }
  return start + text.length;
}
