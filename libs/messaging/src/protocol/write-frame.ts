import { type ErrorCode, errorCodes } from "@libs/errors";
import type { Frame } from "./frame.ts";

/** The ack of a frame. The id is inserted unescaped and MUST have passed `isToken`. */
export function writeAck(id: string): string {
  return `{"type":"ack","id":"${id}"}`;
}

export interface WriteErrorOptions {
  /** `null` where the frame's id could not be read: the error then concerns the connection. */
  readonly id: string | null;
  readonly code: ErrorCode;
  readonly message?: string;
  /** Milliseconds after which a retry may help. */
  readonly retryAfterMs?: number;
  readonly details?: unknown;
  /** Overrides the error table where a service decided for this frame. */
  readonly retryable?: boolean;
}

export function writeError(options: WriteErrorOptions): string {
  const { id, code, message, retryAfterMs, details, retryable } = options;
  const row = errorCodes[code];
  const error = {
    code,
    message: message ?? row.message,
    retryable: retryable ?? row.retryable,
    retryAfterMs,
    details,
  };
  return id === null
    ? `{"type":"error","error":${JSON.stringify(error)}}`
    : `{"type":"error","id":"${id}","error":${JSON.stringify(error)}}`;
}

export function writeFrame(frame: Frame): string {
  return JSON.stringify(frame);
}

/** A frame around a payload that is JSON text. Type and id MUST NOT need escaping. */
export function writeReply(type: string, id: string | null, payloadJson: string): string {
  return id === null
    ? `{"type":"${type}","payload":${payloadJson}}`
    : `{"type":"${type}","id":"${id}","payload":${payloadJson}}`;
}

/** Adds room and offset to a frame's text without parsing it: once per publication, not per member. */
export function withPlace(frameText: string, room: string, offset: number | null): string {
  const place =
    offset === null
      ? `{"room":${JSON.stringify(room)},`
      : `{"room":${JSON.stringify(room)},"offset":${offset},`;
  return place + frameText.slice(1);
}
