import type { CartwayError, ErrorCode } from "@libs/errors";

const codes: ReadonlySet<ErrorCode> = new Set([
  "bad_request",
  "invalid_json",
  "validation_failed",
  "payload_too_large",
  "conflict",
]);

/** Whether a service refused the body of a call: one of its elements may be the cause, or their number. */
export function isOfTheBody({ code }: CartwayError): boolean {
  return codes.has(code);
}
