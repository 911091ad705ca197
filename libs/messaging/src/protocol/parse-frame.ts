import type { ErrorCode } from "@libs/errors";
import { isRecord } from "@libs/json";
import type { Frame } from "./frame.ts";

export interface FrameLimits {
  /** Bound on the text, in bytes. */
  readonly frameBytesMax: number;
  /** Bound on nesting in the payload. */
  readonly depthMax: number;
}

/** Why a text is not a valid frame. `id` is the frame's own where it could be read, so that the sender gets an answer. */
export class FrameFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly id: string | null;

  constructor(code: ErrorCode, message: string, id: string | null = null) {
    this.code = code;
    this.message = message;
    this.id = id;
  }
}

const fields: ReadonlySet<string> = new Set(["type", "payload", "id", "timestamp", "userId", "sessionId"]);
const token = /^[!#-[\]-~]{1,128}$/;

/** Whether a value is valid as `id` or `sessionId`: 1 to 128 visible ASCII characters without `"` and `\`. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && token.test(value);
}

/**
 * Parses a frame, strictly: unknown fields, wrong types, excessive nesting and keys that lead to prototype pollution are faults. Never
 * throws. The result is the parsed object itself, not a copy.
 */
export function parseFrame(text: string, limits: FrameLimits): Frame | FrameFault {
  if (isLonger(text, limits.frameBytesMax)) {
    return new FrameFault("payload_too_large", `A frame has at most ${limits.frameBytesMax} bytes.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new FrameFault("invalid_json", "The frame is not valid JSON.");
  }
  if (!isRecord(value)) return new FrameFault("bad_request", "A frame is a JSON object.");
  return checkFields(value, limits.depthMax);
}

function checkFields(frame: object, depthMax: number): Frame | FrameFault {
  const { type, id, timestamp, userId, sessionId, payload }: Partial<Record<keyof Frame, unknown>> = frame;
  if (id !== undefined && !isToken(id)) {
    return new FrameFault(
      "bad_request",
      "id is 1 to 128 visible ASCII characters without quotes and backslashes.",
    );
  }
  const fault = (message: string): FrameFault => new FrameFault("bad_request", message, id ?? null);
  if (typeof type !== "string" || type === "") return fault("type is missing or not a string.");
  if (sessionId !== undefined && !isToken(sessionId)) {
    return fault("sessionId is 1 to 128 visible ASCII characters without quotes and backslashes.");
  }
  if (timestamp !== undefined && typeof timestamp !== "number" && !isShortText(timestamp)) {
    return fault("timestamp is a number of milliseconds or an ISO 8601 text.");
  }
  if (userId !== undefined && !isShortText(userId))
    return fault("userId is a text of at most 128 characters.");
  for (const key in frame) {
    if (!fields.has(key))
      return fault("A frame has only type, payload, id, timestamp, userId and sessionId.");
  }
  const trouble = findTrouble(payload, depthMax);
  if (trouble !== null) return fault(trouble);
  // every field was checked above
  return frame as Frame;
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= 128;
}

/** Checks depth and keys of a parsed JSON value; recursion is bounded by `depthMax`. */
function findTrouble(value: unknown, depthLeft: number): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (depthLeft === 0) return "The payload is nested too deeply.";
  if (Array.isArray(value)) {
    for (const element of value) {
      const trouble = findTrouble(element, depthLeft - 1);
      if (trouble !== null) return trouble;
    }
    return null;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      return "The payload has a key that is not allowed (__proto__, constructor, prototype).";
    }
    const trouble = findTrouble(inner, depthLeft - 1);
    if (trouble !== null) return trouble;
  }
  return null;
}

/** Counts bytes only where the number of characters does not decide. */
function isLonger(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true;
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}
