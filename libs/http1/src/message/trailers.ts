import { FieldLines } from "./field-lines.ts";
import { nameAt } from "./field-names.ts";
import { listedNames } from "./listed-names.ts";

/** The trailer section of a chunked body (RFC 9110, section 6.5). */
export class Trailers {
  /** Names announced by the sender's `Trailer` field; `null` without one. */
  readonly announced: string | null;
  /** `[name, value, name, value, ...]`; empty until the body has ended. */
  fields: readonly string[] = [];

  constructor(announced: string | null) {
    this.announced = announced;
  }
}

/** Whether `TE` announces that the sender accepts trailers (RFC 9110, section 10.1.4). */
export function takesTrailers(te: string | null): boolean {
  return te !== null && listedNames(te).includes("trailers");
}

/**
 * Parses a trailer section, and drops fields that are only valid in a head: framing, routing, credentials and control (RFC 9110, section
 * 6.5.1). A recipient that merges those into the head could be made to see a different message than was sent.
 *
 * @param text field lines, each with its CRLF, one character per byte. @throws MalformedMessage
 */
export function readTrailers(text: string): string[] {
  const fields: string[] = [];
  const lines = new FieldLines(text, 0);
  while (lines.next()) {
    const name = nameAt(text, lines.nameStart, lines.nameEnd);
    if (!ofHeads.has(name.toLowerCase())) fields.push(name, lines.value);
  }
  return fields;
}

const ofHeads: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "expires",
  "host",
  "keep-alive",
  "location",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "retry-after",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "vary",
  "www-authenticate",
]);
