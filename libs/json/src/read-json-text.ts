import { isNestedBeyond } from "./json-depth.ts";

/** What came of bytes that should be JSON. Nothing in a fault quotes them. */
export type JsonReading =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly fault: "encoding" | "depth" | "syntax" };

/** One decoder for all: without `stream` it keeps no state between calls. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * JSON of RFC 8259 from a stranger's bytes: valid UTF-8 only (Bun's own `json()` puts U+FFFD where it is not), and not more than
 * `depthMax` objects and lists within one another.
 */
export function readJsonText(bytes: Uint8Array, depthMax: number): JsonReading {
  const text = decode(bytes);
  if (text === null) return { ok: false, fault: "encoding" };
  if (isNestedBeyond(text, depthMax)) return { ok: false, fault: "depth" };
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value, text };
  } catch {
    // the error of JSON.parse quotes the text: it goes no further
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
