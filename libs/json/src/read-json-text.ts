import { isNestedBeyond } from "./json-depth.ts";

/** The result of parsing untrusted bytes. A fault never quotes them. */
export type JsonReading =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly fault: "encoding" | "depth" | "syntax" };

/** Shared: without `stream` a decoder keeps no state between calls. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON (RFC 8259) from untrusted bytes: valid UTF-8 only (Bun's `json()` substitutes U+FFFD), and at most `depthMax` nested
 * objects and arrays. @param parse `parseExactJson` where the value is to be written again.
 */
export function readJsonText(
  bytes: Uint8Array,
  depthMax: number,
  parse: (text: string) => unknown = JSON.parse,
): JsonReading {
  const text = decode(bytes);
  if (text === null) return { ok: false, fault: "encoding" };
  if (isNestedBeyond(text, depthMax)) return { ok: false, fault: "depth" };
  try {
    return { ok: true, value: parse(text), text };
  } catch {
    // the error of JSON.parse quotes the text, so it is dropped
    return { ok: false, fault: "syntax" };
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}
