import { CartwayError } from "@libs/errors";
import { readJsonText } from "@libs/json";

/** More than any document of the platform needs. */
const depthMax = 64;

const messages = {
  encoding: { message: "The body is not valid UTF-8." },
  depth: { message: "The body is nested too deeply." },
  syntax: {},
} as const;

/** Parses JSON within bounds, and refuses keys that lead to prototype pollution when an object is copied carelessly. */
export function parseJson(bytes: Uint8Array): unknown {
  const read = readJsonText(bytes, depthMax);
  if (!read.ok) throw new CartwayError("invalid_json", messages[read.fault]);
  if (mayHoldDangerousKey(read.text)) refuseDangerousKeys(read.value);
  return read.value;
}

/** A pre-check on the text. Escapes can hide a key, so any escape counts. */
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
