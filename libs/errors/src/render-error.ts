import { type CartwayError, type CartwayErrorOptions, toCartwayError } from "./cartway-error.ts";
import type { ErrorCode } from "./error-codes.ts";

/** The one shape in which every error of the platform reaches a caller over HTTP. */
export interface ErrorEnvelope {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: CartwayErrorOptions["details"];
    readonly requestId: string;
  };
}

/** The only place that turns an error into an HTTP answer. Unknown errors show the request id and nothing else. */
export function renderError(thrown: unknown, requestId: string): Response {
  const error = toCartwayError(thrown);
  const headers = new Headers(error.headers);
  headers.set("content-type", "application/json; charset=utf-8");
  headers.set("cache-control", "no-store");
  headers.set("x-request-id", requestId);
  if (error.retryAfterSeconds !== undefined) {
    headers.set("retry-after", String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  return new Response(JSON.stringify(toEnvelope(error, requestId)), { status: error.status, headers });
}

export function toEnvelope(error: CartwayError, requestId: string): ErrorEnvelope {
  const { code, message, details } = error;
  return { error: { code, message, ...(details === undefined ? {} : { details }), requestId } };
}
