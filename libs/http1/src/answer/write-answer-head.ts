import { CartwayError } from "@libs/errors";
import type { FieldBlock } from "../message/field-block.ts";
import { isValueCode } from "../message/byte-tables.ts";
import { putBytes } from "../message/put-bytes.ts";
import { putField, putText } from "../message/put-field.ts";
import { reasonPhrases } from "../message/reason-phrases.ts";

/** Upper bound of an answer's head, in bytes. */
export const answerHeadBytesMax = 65_536;

/** Leaves room for the status line, a date and the framing. */
const blockBytesMax = answerHeadBytesMax - 2048;
const reasonStart = "HTTP/1.1 200 ".length;
const reasonCharsMax = 1024;

/** Special values of `length`. Chunked: the body marks its own end. */
export const chunkedLength = -1;
/** The body ends with the connection, as in HTTP/1.0. */
export const untilCloseLength = -2;
/** No body is allowed. The `Content-Length` that a GET would have had is kept where it was given. */
export const noBodyLength = -3;

const carriageReturn = 13;
const lineFeed = 10;

const closeLine = Buffer.from("connection: close\r\n", "latin1");
const keepAliveLine = Buffer.from("connection: keep-alive\r\n", "latin1");
const chunkedLine = Buffer.from("transfer-encoding: chunked\r\n", "latin1");
const lengthName = Buffer.from("content-length: ", "latin1");

const statusLines: (Buffer | undefined)[] = [];
let dateSecond = 0;
let dateLine: Buffer = Buffer.alloc(0);

export interface AnswerHead {
  readonly status: number;
  /** The reason phrase; `""` for the usual one, which also replaces one that is too long. */
  readonly reason?: string;
  /** `[name, value, ...]`, in order and with duplicates. Fields of the connection and the framing are replaced. */
  readonly fields: readonly string[];
  /** Field lines written before `fields`, unchanged. */
  readonly block?: FieldBlock | null;
}

/** What an answer means for its connection. */
export interface Persistence {
  /** Closes the connection after this answer. `Connection: close` among the fields does so as well: see `saysClose`. */
  readonly closes: boolean;
  /** False for HTTP/1.0, where a persistent connection has to be announced. */
  readonly isHttp11: boolean;
}

/**
 * Writes the head of an answer, with date, framing and the empty line, to the start of `bytes`, which MUST have room for
 * `answerHeadBytesMax`. Every character is validated, so that a field cannot inject another one.
 *
 * @param length of the body in bytes, or one of the constants above.
 * @returns where it ends.
 * @throws CartwayError `internal` for an invalid character or a head that is too large: nothing of it may be sent.
 */
export function writeAnswerHead(
  bytes: Buffer,
  { status, reason = "", fields, block = null }: AnswerHead,
  length: number,
  { closes, isHttp11 }: Persistence,
): number {
  let at = putStatusLine(bytes, status, reason);
  let hasDate = false;
  if (block !== null) {
    if (block.bytes > blockBytesMax) throw tooLarge();
    at = block.put(bytes, at);
    hasDate = block.hasDate;
  }
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    if (isOfConnection(name)) {
      if (length !== noBodyLength || status === 204 || !isNamed(name, "content-length")) continue;
    } else if (name.length === 4 && isNamed(name, "date")) hasDate = true;
    // name, value and four separators, plus what follows the fields
    if (at + name.length + value.length + 256 > answerHeadBytesMax) throw tooLarge();
    at = putField(bytes, at, name, value, malformed);
  }
  if (!hasDate) at = putBytes(bytes, at, dateNow());
  if (length >= 0) at = putLength(bytes, at, length);
  else if (length === chunkedLength) at = putBytes(bytes, at, chunkedLine);
  if (closes) at = putBytes(bytes, at, closeLine);
  else if (!isHttp11) at = putBytes(bytes, at, keepAliveLine);
  bytes[at] = carriageReturn;
  bytes[at + 1] = lineFeed;
  return at + 2;
}

/** Whether the fields of a message ask for its connection to be closed. */
export function saysClose(fields: readonly string[]): boolean {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if (name.length === 10 && isNamed(name, "connection"))
      return /(?:^|[\s,])close(?:$|[\s,])/i.test(fields[index + 1] ?? "");
  }
  return false;
}

/** Checks the length first: it rules out most fields. */
function isOfConnection(name: string): boolean {
  switch (name.length) {
    case 10:
      return isNamed(name, "connection") || isNamed(name, "keep-alive");
    case 14:
      return isNamed(name, "content-length");
    case 17:
      return isNamed(name, "transfer-encoding");
    default:
      return false;
  }
}

/** @param lower of the same length as `name`. */
function isNamed(name: string, lower: string): boolean {
  return name === lower || name.toLowerCase() === lower;
}

function putStatusLine(bytes: Buffer, status: number, reason: string): number {
  // the reason phrase is optional (RFC 9112, section 4): one that is too long must not cost the answer
  if (reason === "" || reason === reasonPhrases[status] || reason.length > reasonCharsMax)
    return putBytes(bytes, 0, statusLineOf(status));
  // version, status and space are those of the usual status line
  putBytes(bytes, 0, statusLineOf(status));
  const end = putText(bytes, reasonStart, reason, isValueCode);
  if (end < 0) throw malformed("reason");
  bytes[end] = carriageReturn;
  bytes[end + 1] = lineFeed;
  return end + 2;
}

function statusLineOf(status: number): Buffer {
  const known = statusLines[status];
  if (known !== undefined) return known;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new CartwayError("internal", { internal: `${status} is no status of an answer` });
  const line = Buffer.from(`HTTP/1.1 ${status} ${reasonPhrases[status] ?? ""}\r\n`, "latin1");
  statusLines[status] = line;
  return line;
}

function dateNow(): Buffer {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = Buffer.from(`date: ${new Date(second * 1000).toUTCString()}\r\n`, "latin1");
  }
  return dateLine;
}

function putLength(bytes: Buffer, start: number, length: number): number {
  let at = putBytes(bytes, start, lengthName);
  let digits = 1;
  for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  at += digits;
  for (let index = 1, rest = length; index <= digits; index += 1, rest = Math.floor(rest / 10))
    bytes[at - index] = 48 + (rest % 10);
  bytes[at] = carriageReturn;
  bytes[at + 1] = lineFeed;
  return at + 2;
}

function tooLarge(): CartwayError {
  return new CartwayError("internal", { internal: "the head of the answer is too large" });
}

function malformed(place: string): CartwayError {
  return new CartwayError("internal", { internal: `the ${place} of the answer is malformed` });
}
