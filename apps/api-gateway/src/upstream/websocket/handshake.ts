import { createHash, randomBytes } from "node:crypto";
import { FieldLines, listedNames, MalformedMessage } from "@libs/http1";
import { HeaderList } from "../../model/http/header-list.ts";
import { UpstreamFailure } from "../../model/upstream/upstream.ts";

/** Appended to the key, so that the answer proves to be one to a WebSocket handshake (RFC 6455, 1.3). */
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface HandshakeRequest {
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  /** Complete except for the handshake's own fields. */
  readonly headers: HeaderList;
}

/** Fields that the handshake writes itself, or that end here: this hop negotiates no extensions. */
const ownFields: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "te",
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "sec-websocket-accept",
  "content-length",
]);

export interface WrittenHandshake {
  /** One character a byte. */
  readonly text: string;
  readonly key: string;
  readonly protocols: readonly string[];
}

export function writeHandshake({ path, host, headers }: HandshakeRequest): WrittenHandshake {
  const key = randomBytes(16).toString("base64");
  const lines = [
    `GET ${path} HTTP/1.1`,
    `host: ${host}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${key}`,
  ];
  const { raw } = headers;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (!ownFields.has(name.toLowerCase())) lines.push(`${name}: ${raw[index + 1] ?? ""}`);
  }
  // What is no byte would be cut to one, and that could be a line break.
  if (lines.some((line) => /[^\t\x20-\x7e\x80-\xff]/.test(line)))
    throw new UpstreamFailure("invalid-response", "none", "a header of the handshake is malformed");
  const protocols = headers
    .getAll("sec-websocket-protocol")
    .flatMap((value) => value.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return { text: `${lines.join("\r\n")}\r\n\r\n`, key, protocols };
}

export interface HandshakeAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
}

/** Reads a head without its empty line, strictly. @throws UpstreamFailure `invalid-response` */
export function readAnswerHead(head: string): HandshakeAnswer {
  const text = `${head}\r\n`;
  const lineEnd = text.indexOf("\r\n");
  const [, status, reason = ""] =
    /^HTTP\/1\.1 (\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(text.slice(0, lineEnd)) ?? [];
  if (status === undefined) throw invalid("the status line is none");
  return { status: Number(status), reason, headers: readFields(text, lineEnd + 2) };
}

function readFields(text: string, start: number): HeaderList {
  const headers = new HeaderList();
  const lines = new FieldLines(text, start);
  try {
    while (lines.next())
      headers.append(text.slice(lines.nameStart, lines.nameEnd).toLowerCase(), lines.value);
  } catch (thrown) {
    throw thrown instanceof MalformedMessage ? invalid(thrown.message) : thrown;
  }
  return headers;
}

/** A 101 must be the answer to this handshake and choose nothing that was not offered. @throws UpstreamFailure */
export function checkSwitch({ headers }: HandshakeAnswer, { key, protocols }: WrittenHandshake): void {
  const accept = createHash("sha1")
    .update(key + acceptSuffix)
    .digest("base64");
  const connection = listedNames(headers.getAll("connection").join(","));
  const protocol = headers.get("sec-websocket-protocol");
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") throw invalid("it switches to something else");
  if (!connection.includes("upgrade")) throw invalid("Connection does not say Upgrade");
  if (headers.get("sec-websocket-accept") !== accept) throw invalid("Sec-WebSocket-Accept is wrong");
  if (headers.has("sec-websocket-extensions")) throw invalid("it uses an extension that was not offered");
  if (protocol !== null && !protocols.includes(protocol))
    throw invalid("it chose a subprotocol that was not offered");
}

function invalid(what: string): UpstreamFailure {
  return new UpstreamFailure("invalid-response", "all", `the answer to the WebSocket handshake: ${what}`);
}
