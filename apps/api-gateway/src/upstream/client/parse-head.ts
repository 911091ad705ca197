import {
  FieldBlock,
  FieldLines,
  isNamedAt,
  isValueCode,
  listedNames,
  MalformedMessage,
  standsAt,
  Trailers,
  reasonPhrases,
} from "@libs/http1";
import { HeaderList } from "../../model/http/header-list.ts";

/** How the end of a body is determined (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** As received, without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  readonly framing: Framing;
  /** For a chunked body. */
  readonly trailers: Trailers | null;
  /** Whether the connection can be reused. */
  readonly keepsAlive: boolean;
  /** How long the target announces to keep the connection idle; `null` without announcement. */
  readonly keepAliveMs: number | null;
}

/** More fields are refused: no service sends so many, and each costs memory. */
const fieldsMax = 256;

/** Any such length is an exact number. */
const lengthCharsMax = 15;

const space = 32;

const noBody: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };
const untilClose: Framing = { kind: "until-close" };

/** What the fields say about connection and body, collected while they are read. */
class ConnectionFields {
  contentLength: number | null = null;
  transferEncoding: string | null = null;
  /** In lower case. */
  connection: string | null = null;
  trailer: string | null = null;
  keepAlive: string | null = null;

  /** Processes a hop-by-hop field (RFC 9110, section 7.6.1). @returns false for any other field. */
  take(text: string, lines: FieldLines): boolean {
    const { nameStart: at, nameEnd } = lines;
    // the length rules out most fields
    switch (nameEnd - at) {
      case 2:
        return isNamedAt(text, at, "te");
      case 7:
        if (!isNamedAt(text, at, "trailer")) return isNamedAt(text, at, "upgrade");
        this.trailer = this.trailer === null ? lines.value : `${this.trailer}, ${lines.value}`;
        return true;
      case 10:
        return this.#takeConnection(text, lines);
      case 14:
        if (!isNamedAt(text, at, "content-length")) return false;
        if (this.contentLength !== null) throw new MalformedMessage("there are several lengths");
        this.contentLength = lengthAt(text, lines);
        return true;
      case 16:
        return isNamedAt(text, at, "proxy-connection");
      case 17:
        if (!isNamedAt(text, at, "transfer-encoding")) return false;
        if (this.transferEncoding !== null) throw new MalformedMessage("there are several transfer codings");
        this.transferEncoding = lines.value;
        return true;
      case 18:
        return isNamedAt(text, at, "proxy-authenticate");
      default:
        return false;
    }
  }

  #takeConnection(text: string, lines: FieldLines): boolean {
    if (isNamedAt(text, lines.nameStart, "keep-alive")) {
      this.keepAlive = lines.value;
      return true;
    }
    if (!isNamedAt(text, lines.nameStart, "connection")) return false;
    const lower = isValue(text, lines, "keep-alive") ? "keep-alive" : lines.value.toLowerCase();
    this.connection = this.connection === null ? lower : `${this.connection},${lower}`;
    return true;
  }
}

/**
 * Parses a response head: the status line and the field lines, each with its CRLF, without the empty line. Ambiguous input is refused:
 * bare CR or LF, folded lines, whitespace before a colon, conflicting lengths, a length together with a transfer coding.
 *
 * @param text one character per byte (latin1).
 * @param method of the request: decides whether there is a body.
 * @throws MalformedMessage
 */
export function parseHead(text: string, method: string): ResponseHead {
  const lineEnd = text.indexOf("\r\n");
  const status = statusOf(text, lineEnd);
  const connection = new ConnectionFields();
  const headers = new HeaderList([], readFields(text, lineEnd + 2, connection));
  if (connection.connection !== null) dropNominated(headers, connection.connection);
  const isHttp11 = text.charCodeAt(7) === 49;
  const framing = framingOf(status, method, connection, isHttp11);
  // RFC 9110, section 8.6: without a body the length is what a GET would have had; otherwise it is framing, which is rewritten
  if (connection.contentLength !== null && (method === "HEAD" || status === 304))
    headers.append("content-length", String(connection.contentLength));
  return {
    status,
    statusText: reasonAt(text, lineEnd, status),
    headers,
    framing,
    trailers: framing === chunked ? new Trailers(connection.trailer) : null,
    keepsAlive:
      framing !== untilClose &&
      isHttp11 &&
      !saysClose(connection.connection) &&
      !(status === 204 && announcesBody(connection)),
    keepAliveMs: keepAliveOf(connection.keepAlive),
  };
}

/** Parses "HTTP/1.x NNN", followed by nothing, or a space and a reason. */
function statusOf(text: string, lineEnd: number): number {
  const minor = text.charCodeAt(7);
  const hundreds = text.charCodeAt(9) - 48;
  const tens = text.charCodeAt(10) - 48;
  const ones = text.charCodeAt(11) - 48;
  const isWellFormed =
    lineEnd >= 12 &&
    standsAt(text, 0, "HTTP/1.") &&
    (minor === 48 || minor === 49) &&
    text.charCodeAt(8) === space &&
    hundreds >= 1 &&
    hundreds <= 5 &&
    isDigit(tens) &&
    isDigit(ones) &&
    (lineEnd === 12 || (text.charCodeAt(12) === space && isReason(text, 13, lineEnd)));
  if (!isWellFormed) throw new MalformedMessage("the status line is malformed");
  return hundreds * 100 + tens * 10 + ones;
}

/** Returns `""` for the usual reason, to save a string. */
function reasonAt(text: string, lineEnd: number, status: number): string {
  const usual = reasonPhrases[status];
  const isUsual = usual !== undefined && lineEnd - 13 === usual.length && standsAt(text, 13, usual);
  return isUsual ? usual : text.slice(13, lineEnd);
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9;
}

function isReason(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end && isValueCode[text.charCodeAt(at)] === 1) at += 1;
  return at === end;
}

function readFields(text: string, start: number, connection: ConnectionFields): FieldBlock {
  const block = new FieldBlock(text);
  const lines = new FieldLines(text, start);
  for (let count = 1; lines.next(); count += 1) {
    if (count > fieldsMax) throw new MalformedMessage("there are too many fields");
    if (!connection.take(text, lines)) block.keep(lines);
  }
  return block;
}

function isValue(text: string, { valueStart, valueEnd }: FieldLines, value: string): boolean {
  return valueEnd - valueStart === value.length && standsAt(text, valueStart, value);
}

/** Reads the digits in place: a string for them would cost more. */
function lengthAt(text: string, { valueStart, valueEnd }: FieldLines): number {
  const chars = valueEnd - valueStart;
  if (chars === 0 || chars > lengthCharsMax) throw new MalformedMessage("the length is not a number");
  let length = 0;
  for (let at = valueStart; at < valueEnd; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!isDigit(digit)) throw new MalformedMessage("the length is not a number");
    length = length * 10 + digit;
  }
  return length;
}

function framingOf(
  status: number,
  method: string,
  { contentLength, transferEncoding }: ConnectionFields,
  isHttp11: boolean,
): Framing {
  if (transferEncoding !== null) {
    if (!isHttp11) throw new MalformedMessage("HTTP/1.0 has no transfer codings");
    if (contentLength !== null) throw new MalformedMessage("there is a length beside a transfer coding");
    if (transferEncoding.toLowerCase() !== "chunked")
      throw new MalformedMessage("the transfer coding is unknown");
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return noBody;
  if (transferEncoding !== null) return chunked;
  return contentLength === null ? untilClose : { kind: "length", bytes: contentLength };
}

/** A 204 that announces a body (forbidden by RFC 9110, section 8.6) may also have one, which could be taken for the next answer. */
function announcesBody({ contentLength, transferEncoding }: ConnectionFields): boolean {
  return transferEncoding !== null || (contentLength !== null && contentLength > 0);
}

/** Removes the fields nominated by `Connection`, which are hop-by-hop. */
function dropNominated(headers: HeaderList, connection: string): void {
  if (connection === "keep-alive" || connection === "close") return;
  for (const name of listedNames(connection))
    if (name !== "close" && name !== "keep-alive") headers.delete(name);
}

function saysClose(connection: string | null): boolean {
  if (connection === null || connection === "keep-alive") return false;
  return listedNames(connection).includes("close");
}

function keepAliveOf(keepAlive: string | null): number | null {
  const seconds = keepAlive === null ? null : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === null || seconds === undefined ? null : Number(seconds) * 1000;
}
