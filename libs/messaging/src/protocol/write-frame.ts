import { type ErrorCode, errorCodes } from "@libs/errors";
import type { Frame } from "./frame.ts";

/** The answer to a frame with this id. The id MUST have passed `isToken`: it is put in as it is. */
export function writeAck(id: string): string {
  return `{"type":"ack","id":"${id}"}`;
}

export interface WriteErrorOptions {
  /** `null` where the frame's id could not be read: the error then belongs to the connection. */
  readonly id: string | null;
  readonly code: ErrorCode;
  readonly message?: string;
  /** When a retry may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly details?: unknown;
  /** Overrides the table where a service said so for this one frame. */
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

/** A frame around a payload that is JSON text already. Type and id MUST be such that need no escaping. */
export function writeReply(type: string, id: string | null, payloadJson: string): string {
  return id === null
    ? `{"type":"${type}","payload":${payloadJson}}`
    : `{"type":"${type}","id":"${id}","payload":${payloadJson}}`;
}

/** Adds room and offset to the text of a frame without parsing it again: once per publication, not per member. */
export function withPlace(frameText: string, room: string, offset: number | null): string {
  const place =
    offset === null
      ? `{"room":${JSON.stringify(room)},`
      : `{"room":${JSON.stringify(room)},"offset":${offset},`;
  return place + frameText.slice(1);
}
