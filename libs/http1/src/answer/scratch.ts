import { answerHeadBytesMax } from "./write-answer-head.ts";

/** Bodies up to this go out with their head in one write. */
export const joinedBodyBytesMax = 65_536;

/** Shared by all connections: what is written from it is handed over before anything else can run. */
export const scratch = Buffer.allocUnsafeSlow(answerHeadBytesMax + joinedBodyBytesMax + 64);

/** One chunk of a chunked body (RFC 9112, section 7.1), at `start`. @returns where it ends. It MUST fit. */
export function putChunk(start: number, data: Uint8Array): number {
  let at = start + scratch.write(`${data.length.toString(16)}\r\n`, start, "latin1");
  scratch.set(data, at);
  at += data.length;
  scratch[at] = 13;
  scratch[at + 1] = 10;
  return at + 2;
}

export const lastChunk = Buffer.from("0\r\n\r\n", "latin1");
