import { type CartwayError, type CartwayErrorOptions, toCartwayError } from "./cartway-error.ts";
import type { ErrorCode } from "./error-codes.ts";

/** The body of every error answer of the platform over HTTP. */
export interface ErrorEnvelope {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: CartwayErrorOptions["details"];
    readonly requestId: string;
  };
}

/** An error answer before it becomes a `Response`, for callers that can send it more cheaply. */
export interface RenderedError {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * RFC 9110, section 15.5.2: a 401 must name a scheme. The default, for errors that bring no challenge of their own; all parts of the
 * platform accept it.
 */
const anyChallenge = { "www-authenticate": "Bearer" } as const;

/** The only place that renders an error for HTTP. Unknown errors reveal only the request id. */
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
