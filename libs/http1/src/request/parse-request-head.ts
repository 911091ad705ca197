import { CartwayError } from "@libs/errors";
import { isTokenCode } from "../message/byte-tables.ts";
import { FieldLines } from "../message/field-lines.ts";
import { lowerNameAt } from "../message/field-names.ts";
import { listedNames } from "../message/listed-names.ts";
import { MalformedMessage } from "../message/malformed-message.ts";
import { standsAt } from "../message/stands-at.ts";
import { FieldList } from "./field-list.ts";
import { methodAt } from "./methods.ts";
import { normalTarget, type Origin, originOf, type Scheme } from "./request-url.ts";

export interface RequestHead {
  readonly method: string;
  readonly origin: Origin;
  /** Path and query, normalized: see `normalTarget`; or `wholeServer`. */
  readonly target: string;
  readonly fields: FieldList;
  /** Length of the body in bytes; 0 for none, -1 for a chunked one. */
  readonly bodyBytes: number;
  readonly isHttp11: boolean;
  /** Whether the connection persists after this request. */
  readonly keepsAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** The target of a request that is about the server as a whole (RFC 9110, section 9.3.7). */
export const wholeServer = "*";

/** The limit of Bun's own server. */
const fieldsMax = 200;
const targetCharsMax = 8192;
const methodCharsMax = 32;

const carriageReturn = 13;
const lineFeed = 10;
const space = 32;

/** The end of a request line, equally long for both versions. */
const versionLine = "HTTP/1.1\r\n";
const oldVersionLine = "HTTP/1.0\r\n";

/**
 * Parses a request head: the request line and the field lines, each with its CRLF, without the empty line. Ambiguous input is refused:
 * bare CR or LF, folded lines, whitespace before a colon, conflicting lengths, a length together with a transfer coding, two hosts, a
 * target with another host than `Host` (RFC 9112, sections 2.2, 3.2, 5.1, 6.3).
 *
 * @param text one character per byte (latin1).
 * @param scheme of the connection.
 * @throws CartwayError `bad_request`, `invalid_header`, `invalid_host`, `invalid_path`, `uri_too_long`, `header_too_large`,
 * `expectation_failed`, `method_not_allowed`, `not_implemented`, `version_not_supported`.
 */
export function parseRequestHead(text: string, scheme: Scheme = "http"): RequestHead {
  const methodEnd = endOfMethod(text);
  const targetEnd = endOfTarget(text, methodEnd + 1);
  const isHttp11 = readVersion(text, targetEnd + 1);
  const method = readMethod(text, methodEnd);
  if (targetEnd - (methodEnd + 1) > targetCharsMax) throw new CartwayError("uri_too_long");
  const fields = readFields(text, targetEnd + 1 + versionLine.length);
  // repeated fields are joined by commas: two hosts, lengths or codings are none, and refused below
  const host = fields.get("host");
  if (host === null) throw new CartwayError("invalid_host");
  const origin = originOf(host, scheme);
  const given = text.slice(methodEnd + 1, targetEnd);
  const target = asksForServer(method, given) ? given : readTarget(given, host, scheme);
  const bodyBytes = readBodyLength(fields, isHttp11);
  return {
    method,
    origin,
    target,
    fields,
    bodyBytes,
    isHttp11,
    keepsAlive: keepsAlive(fields.get("connection"), isHttp11),
    expectsContinue: isHttp11 && expectsContinue(fields.get("expect")) && bodyBytes !== 0,
  };
}

function endOfMethod(text: string): number {
  let at = 0;
  while (isTokenCode[text.charCodeAt(at)] === 1) at += 1;
  if (at === 0 || at > methodCharsMax || text.charCodeAt(at) !== space)
    throw malformed("the method is no token");
  return at;
}

function endOfTarget(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === space) return at;
    if (code === carriageReturn && text.charCodeAt(at + 1) === lineFeed) break;
  }
  throw malformed("the request line has no version");
}

function readMethod(text: string, length: number): string {
  const method = methodAt(text, length);
  if (method === null)
    throw new CartwayError("not_implemented", { message: "This method is not known here." });
  if (method === "CONNECT" || method === "TRACE") throw new CartwayError("method_not_allowed");
  return method;
}

/** @returns true for HTTP/1.1, false for 1.0. */
function readVersion(text: string, start: number): boolean {
  if (standsAt(text, start, versionLine)) return true;
  if (standsAt(text, start, oldVersionLine)) return false;
  const version = text.slice(start, text.indexOf("\r\n", start));
  if (/^HTTP\/\d\.\d$/.test(version)) throw new CartwayError("version_not_supported");
  throw malformed("the version is malformed");
}

function asksForServer(method: string, target: string): boolean {
  return target === wholeServer && method === "OPTIONS";
}

function readTarget(target: string, host: string, scheme: Scheme): string {
  if (target.charCodeAt(0) === 47) return normalTarget(target);
  const absolute = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute?.[1]?.toLowerCase() !== scheme)
    throw new CartwayError("invalid_path", { internal: "the target is no path" });
  const [, , authority = "", rest = ""] = absolute;
  // RFC 9112, section 3.2.2 lets the authority win; a different Host is an attempt to have two recipients disagree
  if (authority.toLowerCase() !== host.toLowerCase()) throw new CartwayError("invalid_host");
  return normalTarget(rest.startsWith("/") ? rest : `/${rest}`);
}

function readFields(text: string, start: number): FieldList {
  const fields = new FieldList(text);
  const lines = new FieldLines(text, start);
  for (let count = 1; nextOf(lines); count += 1) {
    if (count > fieldsMax) throw new CartwayError("header_too_large", { internal: "too many fields" });
    fields.add(lowerNameAt(text, lines.nameStart, lines.nameEnd), lines);
  }
  return fields;
}

function nextOf(lines: FieldLines): boolean {
  try {
    return lines.next();
  } catch (thrown) {
    throw thrown instanceof MalformedMessage ? malformedField(thrown.message) : thrown;
  }
}

function readBodyLength(fields: FieldList, isHttp11: boolean): number {
  const contentLength = fields.get("content-length");
  const transferEncoding = fields.get("transfer-encoding");
  if (transferEncoding !== null) {
    if (!isHttp11) throw malformedField("HTTP/1.0 has no transfer codings");
    if (contentLength !== null) throw malformedField("there is a length beside a transfer coding");
    if (transferEncoding.toLowerCase() !== "chunked") throw malformedField("the transfer coding is unknown");
    return -1;
  }
  if (contentLength === null) return 0;
  if (!/^\d{1,15}$/.test(contentLength)) throw malformedField("the length is no number");
  return Number(contentLength);
}

function keepsAlive(connection: string | null, isHttp11: boolean): boolean {
  if (connection === null) return isHttp11;
  const names = listedNames(connection);
  return !names.includes("close") && (isHttp11 || names.includes("keep-alive"));
}

function expectsContinue(expect: string | null): boolean {
  if (expect === null) return false;
  if (expect.toLowerCase() !== "100-continue") throw new CartwayError("expectation_failed");
  return true;
}

function malformed(internal: string): CartwayError {
  return new CartwayError("bad_request", { internal });
}

function malformedField(internal: string): CartwayError {
  return new CartwayError("invalid_header", { internal });
}
