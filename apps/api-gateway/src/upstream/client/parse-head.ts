import { FieldLines, MalformedMessage, nameAt, Trailers } from "@libs/http1";
import { HeaderList } from "../../model/header-list.ts";

/** How the end of a body is known (RFC 9112, section 6.3). */
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
  /** Of a chunked body. */
  readonly trailers: Trailers | null;
  /** Whether the connection may carry another exchange after this one. */
  readonly keepsAlive: boolean;
  /** For how long the target says it keeps the idle connection; `null` where it does not say. */
  readonly keepAliveMs: number | null;
}

/** More fields than this are refused: no service sends so many, and each costs memory. */
const fieldsMax = 256;

const noBody: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };
const untilClose: Framing = { kind: "until-close" };

/** What the fields say about the connection and the body, gathered while they are read. */
interface Connection {
  contentLength: string | null;
  transferEncoding: string | null;
  connection: string | null;
  trailer: string | null;
  keepAlive: string | null;
}

/**
 * Reads a response head: the status line and the field lines, each with its CRLF, without the empty line. Whatever could be
 * read in two ways is refused: bare CR or LF, folded lines, space before a colon, several lengths, a length beside a coding.
 *
 * @param text one character a byte (latin1).
 * @param method of the request: decides whether there is a body.
 * @throws MalformedMessage
 */
export function parseHead(text: string, method: string): ResponseHead {
  const lineEnd = text.indexOf("\r\n");
  const line = text.slice(0, lineEnd);
  const status = statusOf(line);
  const connection: Connection = {
    contentLength: null,
    transferEncoding: null,
    connection: null,
    trailer: null,
    keepAlive: null,
  };
  const headers = new HeaderList(readFields(text, lineEnd + 2, connection));
  if (connection.connection !== null) dropNominated(headers, connection.connection);
  const isHttp11 = line.charCodeAt(7) === 49;
  const framing = framingOf(status, method, connection, isHttp11);
  // RFC 9110, 8.6: without a body the length tells what GET would have had; otherwise it is framing, which is rewritten.
  if (connection.contentLength !== null && (method === "HEAD" || status === 304))
    headers.append("content-length", connection.contentLength);
  return {
    status,
    statusText: line.slice(13),
    headers,
    framing,
    trailers: framing === chunked ? new Trailers(connection.trailer) : null,
    keepsAlive: framing !== untilClose && isHttp11 && !saysClose(connection.connection),
    keepAliveMs: keepAliveOf(connection.keepAlive),
  };
}

function statusOf(line: string): number {
  // "HTTP/1.x NNN" and then nothing, or a space and a reason.
  const isWellFormed = /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/.test(line);
  if (!isWellFormed) throw new MalformedMessage("the status line is malformed");
  return (line.charCodeAt(9) - 48) * 100 + (line.charCodeAt(10) - 48) * 10 + line.charCodeAt(11) - 48;
}

function readFields(text: string, start: number, connection: Connection): string[] {
  const fields: string[] = [];
  const lines = new FieldLines(text, start);
  for (let count = 1; lines.next(); count += 1) {
    if (count > fieldsMax) throw new MalformedMessage("there are too many fields");
    const name = nameAt(text, lines.nameStart, lines.nameEnd);
    const value = text.slice(lines.valueStart, lines.valueEnd);
    if (!isForConnection(name, value, connection)) fields.push(name, value);
  }
  return fields;
}

/** Takes note of the fields that end with their connection (RFC 9110, section 7.6.1) and says whether this is one. */
function isForConnection(name: string, value: string, connection: Connection): boolean {
  // Most fields are known by their length alone not to be one of these.
  switch (name.length) {
    case 2:
      return name.toLowerCase() === "te";
    case 7:
      if (name.toLowerCase() !== "trailer") return name.toLowerCase() === "upgrade";
      connection.trailer = connection.trailer === null ? value : `${connection.trailer}, ${value}`;
      return true;
    case 10:
      return isConnectionOrKeepAlive(
        name === "Connection" ? "connection" : name.toLowerCase(),
        value,
        connection,
      );
    case 14:
      if (name !== "Content-Length" && name.toLowerCase() !== "content-length") return false;
      if (connection.contentLength !== null) throw new MalformedMessage("there are several lengths");
      connection.contentLength = value;
      return true;
    case 16:
      return name.toLowerCase() === "proxy-connection";
    case 17:
      if (name.toLowerCase() !== "transfer-encoding") return false;
      if (connection.transferEncoding !== null)
        throw new MalformedMessage("there are several transfer codings");
      connection.transferEncoding = value;
      return true;
    case 18:
      return name.toLowerCase() === "proxy-authenticate";
    default:
      return false;
  }
}

function isConnectionOrKeepAlive(lower: string, value: string, connection: Connection): boolean {
  if (lower === "connection") {
    connection.connection =
      connection.connection === null
        ? value.toLowerCase()
        : `${connection.connection},${value.toLowerCase()}`;
    return true;
  }
  if (lower !== "keep-alive") return false;
  connection.keepAlive = value;
  return true;
}

function framingOf(
  status: number,
  method: string,
  { contentLength, transferEncoding }: Connection,
  isHttp11: boolean,
): Framing {
  if (contentLength !== null && !/^\d{1,15}$/.test(contentLength))
    throw new MalformedMessage("the length is not a number");
  if (transferEncoding !== null) {
    if (!isHttp11) throw new MalformedMessage("HTTP/1.0 has no transfer codings");
    if (contentLength !== null) throw new MalformedMessage("there is a length beside a transfer coding");
    if (transferEncoding.toLowerCase() !== "chunked")
      throw new MalformedMessage("the transfer coding is unknown");
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return noBody;
  if (transferEncoding !== null) return chunked;
  return contentLength === null ? untilClose : { kind: "length", bytes: Number(contentLength) };
}

/** Removes the fields that `Connection` names, which are for this connection alone. */
function dropNominated(headers: HeaderList, connection: string): void {
  if (connection === "keep-alive" || connection === "close") return;
  for (const name of connection.split(",")) {
    const field = name.trim();
    if (field !== "" && field !== "close" && field !== "keep-alive") headers.delete(field);
  }
}

function saysClose(connection: string | null): boolean {
  if (connection === null || connection === "keep-alive") return false;
  return connection.split(",").some((each) => each.trim() === "close");
}

function keepAliveOf(keepAlive: string | null): number | null {
  const seconds = keepAlive === null ? null : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === null || seconds === undefined ? null : Number(seconds) * 1000;
}
