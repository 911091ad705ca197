import { isRecord } from "@libs/json";

export interface JsonBounds {
  /** Bound on nesting; the outermost value counts as 1. */
  readonly depthMax: number;
  /** Bound on the members of all objects together. */
  readonly membersMax: number;
}

export type JsonFault = "not_json" | "not_an_object" | "duplicate_member" | "forbidden_member" | "too_deep";

export type StrictJson =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly fault: JsonFault };

/** Keeps a byte order mark, which the JSON parser then refuses. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const openBracket = 0x5b;

/**
 * Parses a JSON object, and refuses input on which parsers disagree: duplicate members (also where one is escaped), `__proto__`, invalid
 * UTF-8, and more nesting or members than the bounds. Depth is checked before anything is parsed recursively.
 */
export function parseStrictJson(bytes: Uint8Array, bounds: JsonBounds): StrictJson {
  const text = decodeUtf8(bytes);
  if (text === null) return { ok: false, fault: "not_json" };
  const fault = scan(text, bounds);
  if (fault !== null) return { ok: false, fault };
  const value = parse(text);
  if (value === undefined) return { ok: false, fault: "not_json" };
  if (!isRecord(value)) return { ok: false, fault: "not_an_object" };
  return { ok: true, value };
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Checks structure only: a string followed by a colon is a member's name. `JSON.parse` checks the grammar. */
function scan(text: string, bounds: JsonBounds): JsonFault | null {
  const open: (Set<string> | null)[] = [];
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      const end = endOfString(text, index);
      if (end === -1) return "not_json";
      const names = open.at(-1);
      if (names && isFollowedByColon(text, end)) {
        members += 1;
        const fault = addName(names, text.slice(index, end + 1));
        if (fault !== null) return fault;
        if (members > bounds.membersMax) return "too_deep";
      }
      index = end;
    } else if (code === openBrace || code === openBracket) {
      open.push(code === openBrace ? new Set() : null);
      if (open.length > bounds.depthMax) return "too_deep";
    } else if (code === closeBrace || code === closeBracket) {
      open.pop();
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return -1;
}

function isFollowedByColon(text: string, end: number): boolean {
  let index = end + 1;
  while (isSpace(text.charCodeAt(index))) index += 1;
  return text.charCodeAt(index) === colon;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function addName(names: Set<string>, quoted: string): JsonFault | null {
  const name = quoted.includes("\\") ? parse(quoted) : quoted.slice(1, -1);
  if (typeof name !== "string") return "not_json";
  if (name === "__proto__") return "forbidden_member";
  if (names.has(name)) return "duplicate_member";
  names.add(name);
  return null;
}
