import type { TraceContext } from "./trace-context.ts";
import type { Span, Tracer } from "./tracer.ts";

/**
 * Spans of HTTP requests, by OpenTelemetry's semantic conventions for HTTP (stable, 1.23 and later). They contain no personal data: no
 * query, client address or header, and paths are redacted like every text of a span.
 */
export interface ServerRequest {
  readonly method: string;
  readonly scheme: string;
  /** From the Host header, without port. */
  readonly host: string;
  /** Without query. */
  readonly path: string;
}

/** Methods known to the conventions. Others become a single value, so that clients cannot create an unlimited number. */
const knownMethods: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE",
]);

export interface ServerSpanStart {
  readonly parent: TraceContext | null;
  readonly method: string;
  /** Called only if the span is recorded. */
  readonly describe: () => Omit<ServerRequest, "method">;
  /** Milliseconds since the epoch; now by default. */
  readonly startTimeMs?: number | undefined;
}

export function startServerSpan(
  tracer: Tracer,
  { parent, method, describe, startTimeMs }: ServerSpanStart,
): Span {
  const begun = startTimeMs === undefined ? {} : { startTimeMs };
  const span = tracer.startSpan(spanMethod(method), { kind: "server", parent, ...begun });
  if (!span.recording) return span;
  const { scheme, host, path } = describe();
  describeMethod(span, method);
  span.setAttribute("url.scheme", scheme);
  span.setAttribute("server.address", host);
  span.setAttribute("url.path", path);
  return span;
}

export interface ServerOutcome {
  readonly method: string;
  /** The route's template; `null` where no route matched. */
  readonly route: string | null;
  readonly status: number;
  /** The error's code, if any; an answer of 500 and above counts as failed without one too. */
  readonly errorType?: string | null;
  readonly error?: Error;
}

/** Ends the span. A caller's own error (below 500) is not a failure of the server. */
export function endServerSpan(
  span: Span,
  { method, route, status, errorType = null, error }: ServerOutcome,
): void {
  if (span.recording) {
    if (route !== null) {
      span.setName(`${spanMethod(method)} ${route}`);
      span.setAttribute("http.route", route);
    }
    span.setAttribute("http.response.status_code", status);
    if (status >= 500) span.fail(errorType ?? String(status), error);
    // the conventions reserve `error.type` for failures
    else if (errorType !== null) span.setAttribute("cartway.refused", errorType);
  }
  span.end();
}

export interface ClientRequest {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Without query. */
  readonly path: string;
  /** 0 for the first attempt. */
  readonly resends: number;
}

export function startClientSpan(tracer: Tracer, parent: TraceContext | null, request: ClientRequest): Span {
  const { method, scheme, host, port, path, resends } = request;
  const span = tracer.startSpan(spanMethod(method), { kind: "client", parent });
  if (!span.recording) return span;
  const authority = host.includes(":") ? `[${host}]` : host;
  describeMethod(span, method);
  span.setAttribute("server.address", host);
  span.setAttribute("server.port", port);
  span.setAttribute("url.full", `${scheme}://${authority}:${port}${path}`);
  if (resends > 0) span.setAttribute("http.request.resend_count", resends);
  return span;
}

/** Ends the span. For a client, an answer of 400 and above is a failure. */
export function endClientSpan(span: Span, status: number): void {
  if (span.recording) {
    span.setAttribute("http.response.status_code", status);
    if (status >= 400) span.fail(String(status));
  }
  span.end();
}

function describeMethod(span: Span, method: string): void {
  const isKnown = knownMethods.has(method);
  span.setAttribute("http.request.method", isKnown ? method : "_OTHER");
  if (!isKnown) span.setAttribute("http.request.method_original", method);
}

function spanMethod(method: string): string {
  return knownMethods.has(method) ? method : "HTTP";
}
