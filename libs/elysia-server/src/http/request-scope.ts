import type { IncomingRequest } from "@libs/http1";
import {
  endServerSpan,
  type LogContext,
  readTraceContext,
  runWithLogContext,
  type Span,
  startServerSpan,
  type Tracer,
  writeTraceContext,
} from "@libs/monitoring";
import { requestIdHeader, requestIdOf } from "./request-id.ts";
import type { RequestMetrics } from "./request-metrics.ts";

/** Produces the answer; MUST NOT throw or reject. */
export type ScopedWork = (request: Request, requestId: string) => Response | Promise<Response>;

/**
 * The scope of every request that the app itself serves, from its arrival to the head of its answer: request id, log fields, span,
 * metrics.
 */
export interface RequestScopes {
  /** @param route the template, where known beforehand; otherwise it is set in the log context once it is found. */
  serve(request: Request, route: string | null, work: ScopedWork): Response | Promise<Response>;
}

/** A served request, for an app that records them. */
export interface ServedRequest {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly traceId: string | null;
  /** The route's template; `null` where no route matched. */
  readonly route: string | null;
  readonly status: number;
  /** Until the head of the answer. */
  readonly seconds: number;
}

export interface RequestScopeOptions {
  readonly metrics: RequestMetrics;
  readonly onServed?: ((served: ServedRequest) => void) | undefined;
  readonly tracer: Tracer;
  /** Whether to trust `x-tenant-id`: the gateway strips it from outside requests. */
  readonly behindGateway: boolean;
}

export function createRequestScopes(options: RequestScopeOptions): RequestScopes {
  const { metrics, tracer, behindGateway, onServed } = options;
  return {
    serve(request, route, work) {
      const startedAt = performance.now();
      const caller = readTraceContext(request.headers);
      const span = tracer.enabled
        ? startServerSpan(tracer, {
            parent: caller,
            method: request.method,
            describe: () => describe(request),
          })
        : null;
      const scope = openScope(request, behindGateway);
      if (route !== null) scope.route = route;
      const traceId = span?.context?.traceId ?? caller?.traceId;
      if (traceId !== undefined) scope.traceId = traceId;

      const finish = (response: Response): Response => {
        response.headers.set(requestIdHeader, scope.requestId);
        const seconds = (performance.now() - startedAt) / 1000;
        metrics.record(scope.route ?? null, response.status, seconds);
        if (span !== null) endSpan(span, { request, scope, response });
        onServed?.({ request, ...loggedOf(scope), status: response.status, seconds });
        return response;
      };
      return runWithLogContext(scope, () => {
        const answer = work(request, scope.requestId);
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      });
    },
  };
}

function loggedOf({ requestId, traceId = null, route = null }: LogContext) {
  return { requestId, traceId, route };
}

function openScope(request: Request, behindGateway: boolean): LogContext {
  const requestId = requestIdOf(request);
  const tenantId = behindGateway ? request.headers.get("x-tenant-id") : null;
  return tenantId === null ? { requestId } : { requestId, tenantId };
}

function describe(request: Request) {
  const url = new URL(request.url);
  return { scheme: url.protocol.slice(0, -1), host: url.hostname, path: url.pathname };
}

interface Served {
  readonly request: Request;
  readonly scope: LogContext;
  readonly response: Response;
}

function endSpan(span: Span, { request, scope, response }: Served): void {
  if (span.context !== null) writeTraceContext(response.headers, span.context);
  endServerSpan(span, { method: request.method, route: scope.route ?? null, status: response.status });
}
