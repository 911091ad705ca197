import { CartwayError } from "@libs/errors";
import { putField } from "../message/put-field.ts";
import { answerHeadBytesMax } from "./write-answer-head.ts";

/** Bodies up to this size are written together with their head. */
export const joinedBodyBytesMax = 65_536;

/** Shared by all connections: its content is handed to a socket before any other code can run. */
export const scratch = Buffer.allocUnsafeSlow(answerHeadBytesMax + joinedBodyBytesMax + 64);

/** Writes one chunk of a chunked body (RFC 9112, section 7.1) at `start`. @returns where it ends. It MUST fit. */
export function putChunk(start: number, data: Uint8Array): number {
  let at = start + scratch.write(`${data.length.toString(16)}\r\n`, start, "latin1");
  scratch.set(data, at);
  at += data.length;
  scratch[at] = 13;
  scratch[at + 1] = 10;
  return at + 2;
}

/** Writes the last chunk of a chunked body, and its trailers, at `start`. @returns where it ends. It MUST fit. @throws CartwayError */
export function putLastChunk(start: number, trailers: readonly string[]): number {
  let at = start + scratch.write("0\r\n", start, "latin1");
  for (let index = 0; index < trailers.length; index += 2)
    at = putField(scratch, at, trailers[index] ?? "", trailers[index + 1] ?? "", malformed);
  return at + scratch.write("\r\n", at, "latin1");
}

function malformed(place: string): CartwayError {
  return new CartwayError("internal", { internal: `the ${place} of the trailers is malformed` });
}
