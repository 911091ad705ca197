import type { SocketWire } from "../socket-wire.ts";
import type { Answer } from "../to-response.ts";
import type { Turn } from "../turn.ts";
import { discard } from "./discard.ts";
import { WireResponse } from "../wire-response.ts";
import { joinedBodyBytesMax, scratch } from "./scratch.ts";
import { StreamedAnswer } from "./streamed-answer.ts";
import { noBodyLength, writeAnswerHead } from "./write-answer-head.ts";

export interface Sending {
  readonly wire: SocketWire;
  readonly turn: Turn;
  readonly isHead: boolean;
  readonly isHttp11: boolean;
  readonly closes: boolean;
  /** True while further answers follow in this turn: they are written together. */
  readonly isHeld: boolean;
  readonly ended: (failure: Error | null) => void;
}

/**
 * Writes an answer: at once where its body is in memory.
 * @returns `null` where the answer is complete; else its stream, which reports its end.
 * @throws CartwayError where it cannot be written; then nothing was sent.
 */
export function sendAnswer(answer: WireResponse, sending: Sending): StreamedAnswer | null {
  const { status, contentLength } = answer;
  const body = status === 205 ? null : answer.body;
  if (sending.isHead || status === 204 || status === 304) {
    const isLengthKnown = sending.isHead && status !== 204 && status !== 304;
    sendJoined(answer, isLengthKnown ? lengthOf(body, contentLength) : noBodyLength, null, sending);
    discard(answer);
    return null;
  }
  if (!(body instanceof ReadableStream)) {
    sendJoined(answer, lengthOf(body, 0), body, sending);
    if (status === 205) discard(answer);
    return null;
  }
  const { wire, turn, closes, isHttp11, ended } = sending;
  const stream = new StreamedAnswer({ wire, turn, answer, body, closes, isHttp11, ended });
  stream.begin();
  return stream;
}

/** Converts an answer to the form that is written to the wire. */
export function wireOf(answer: Answer): WireResponse {
  if (answer instanceof WireResponse) return answer;
  const fields: string[] = [];
  // `forEach` and the iterators of Bun's `Headers` yield each `Set-Cookie` separately
  for (const [name, value] of answer.headers) fields.push(name, value);
  return new WireResponse(answer.status, fields, answer.body);
}

function sendJoined(
  answer: WireResponse,
  length: number,
  body: Uint8Array | string | null,
  sending: Sending,
): void {
  const { wire, isHeld } = sending;
  const headEnd = writeAnswerHead(scratch, answer, length, sending);
  if (body !== null && length > joinedBodyBytesMax) {
    wire.writePart(scratch, 0, headEnd);
    wire.writeOwn(typeof body === "string" ? Buffer.from(body) : body);
    return;
  }
  let end = headEnd;
  if (typeof body === "string") end += scratch.write(body, headEnd);
  else if (body !== null) {
    scratch.set(body, headEnd);
    end += body.length;
  }
  if (isHeld) wire.hold(scratch, 0, end);
  else wire.writePart(scratch, 0, end);
}

function lengthOf(body: WireResponse["body"], otherwise: number | null): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  return otherwise ?? noBodyLength;
}
