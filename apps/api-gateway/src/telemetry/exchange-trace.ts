import type { IncomingRequest } from "@libs/http1";
import {
  endClientSpan,
  endServerSpan,
  readTraceContext,
  type Span,
  startClientSpan,
  startServerSpan,
  type Tracer,
  writeTraceContext,
} from "@libs/monitoring";
import type { CartwayError } from "@libs/errors";
import type { AttemptWatcher } from "../model/upstream/attempt-watcher.ts";
import type { RequestTarget } from "../model/exchange/exchange.ts";
import { UpstreamFailure } from "../model/upstream/upstream.ts";

/** The trace of a request: its server span, and the client spans of its attempts. */
export interface ExchangeTrace {
  readonly span: Span;
  readonly watcher: AttemptWatcher;
}

/** Called only with a collector: without one, tracing costs nothing, and the caller's trace headers are forwarded unchanged. */
export function beginTrace(
  tracer: Tracer,
  { headers, method }: IncomingRequest,
  target: RequestTarget,
): ExchangeTrace {
  const span = startServerSpan(tracer, { parent: readTraceContext(headers), method, describe: () => target });
  return { span, watcher: watchAttempts(tracer, span) };
}

export interface TraceOutcome {
  readonly method: string;
  /** The path of the route's `match`; `null` for none. */
  readonly pattern: string | null;
  readonly route: string | null;
  readonly service: string | null;
  readonly status: number;
  readonly error: CartwayError | null;
  /** How the answer broke off after its head, where the caller is not to blame for it. */
  readonly brokenOff: string | null;
}

export function endTrace(
  { span }: ExchangeTrace,
  { method, pattern, route, service, status, error, brokenOff }: TraceOutcome,
): void {
  if (span.recording) {
    if (route !== null) span.setAttribute("cartway.route", route);
    if (service !== null) span.setAttribute("cartway.service", service);
    if (brokenOff !== null) span.fail(brokenOff);
  }
  endServerSpan(span, {
    method,
    route: pattern,
    status,
    ...(error === null ? {} : { errorType: error.code, error: causeOf(error) }),
  });
}

/** The public error says little: its cause is recorded. */
export function causeOf(error: CartwayError): Error {
  return error.cause instanceof Error ? error.cause : error;
}

/** Creates a client span below `parent` for each attempt, and propagates it to the target. */
export function watchAttempts(tracer: Tracer, parent: Span): AttemptWatcher {
  return {
    begin({ target, request, number }) {
      const { protocol, host, port } = target;
      const mark = request.path.indexOf("?");
      const span = startClientSpan(tracer, parent.context, {
        method: request.method,
        scheme: protocol,
        host,
        port,
        path: mark < 0 ? request.path : request.path.slice(0, mark),
        resends: number - 1,
      });
      if (span.context !== null) writeTraceContext(request.headers, span.context);
      return (result) => {
        if (!(result instanceof UpstreamFailure)) return endClientSpan(span, result.status);
        span.fail(result.kind, result);
        span.end();
      };
    },
  };
}
