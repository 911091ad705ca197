import { CartwayError } from "@libs/errors";
import { isNestedBeyond } from "./json-depth.ts";

/** One decoder for all: without `stream` it keeps no state between calls. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Deeper than any document of the platform. */
const depthMax = 64;

/**
 * JSON of RFC 8259 from bytes: valid UTF-8 only (Bun's own `json()` puts U+FFFD where it is not), not nested beyond bounds, and
 * without keys that change what an object inherits when it is copied carelessly.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (isNestedBeyond(text, depthMax))
    throw new CartwayError("invalid_json", { message: "The body is nested too deeply." });
  const value = parse(text);
  if (mayHoldDangerousKey(text)) refuseDangerousKeys(value);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new CartwayError("invalid_json", { message: "The body is not valid UTF-8.", cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes the text: it is no cause.
    throw new CartwayError("invalid_json");
  }
}

/** Escapes can spell a key, so a text with any is looked at too. */
function mayHoldDangerousKey(text: string): boolean {
  return text.includes("__proto__") || text.includes("constructor") || text.includes("\\u");
}

function refuseDangerousKeys(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) refuseDangerousKeys(item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const pollutes = key === "__proto__" || (key === "constructor" && isObjectWith(item, "prototype"));
    if (pollutes)
      throw new CartwayError("invalid_json", { message: "The body has a key that is not allowed." });
    refuseDangerousKeys(item);
  }
}

function isObjectWith(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
