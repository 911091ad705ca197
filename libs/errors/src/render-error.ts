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

/** An error as an answer, before it is a `Response`: for who can send it cheaper than through a stream. */
export interface RenderedError {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** RFC 9110, section 15.5.2: a 401 names a scheme; who refuses knows of a better one, or every part of the platform takes this one. */
const anyChallenge = { "www-authenticate": "Bearer" } as const;

/** The only place that turns an error into an HTTP answer. Unknown errors show the request id and nothing else. */
export function renderErrorParts(thrown: unknown, requestId: string): RenderedError {
  const error = toCartwayError(thrown);
  const { retryAfterSeconds } = error;
  return {
    status: error.status,
    headers: {
      ...(error.status === 401 ? anyChallenge : {}),
      ...error.headers,
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-request-id": requestId,
      ...(retryAfterSeconds === undefined
        ? {}
        : { "retry-after": String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    },
    body: JSON.stringify(toEnvelope(error, requestId)),
  };
}

export function renderError(thrown: unknown, requestId: string): Response {
  const { status, headers, body } = renderErrorParts(thrown, requestId);
  return new Response(body, { status, headers });
}

export function toEnvelope(error: CartwayError, requestId: string): ErrorEnvelope {
  const { code, message, details } = error;
  return { error: { code, message, ...(details === undefined ? {} : { details }), requestId } };
}
