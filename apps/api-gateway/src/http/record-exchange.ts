import type { IncomingRequest } from "@libs/http1";
import type { CartwayError } from "@libs/errors";
import type { RequestMetrics } from "@libs/elysia-server";
import { readTraceContext } from "@libs/monitoring";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import { endTrace, type ExchangeTrace } from "../telemetry/exchange-trace.ts";
import type { AccessEntry, AccessLog, Failure } from "./access-log.ts";
import { type EndReason, endReasonOf } from "./end-reason.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";
import { requestedPlace } from "./request-target.ts";

/** Records an ended exchange: sizes, span, access log. */
export interface ExchangeRecorder {
  /** The last byte was delivered, or the client has left. */
  ended(exchange: GatewayExchange, route: CompiledRoute): void;
  /** A request was refused before it became an exchange. */
  refused(refused: RefusedRequest): void;
}

export interface RefusedRequest {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly error: CartwayError;
  /** Set where the request was matched already. */
  readonly route: CompiledRoute | null;
  readonly trace: ExchangeTrace | null;
  readonly clientIp: string;
  /** `performance.now()` at its arrival. */
  readonly startedAt: number;
}

/** @param unrouted counts the requests that are refused before a route is found. */
export function createExchangeRecorder(accessLog: AccessLog, unrouted: RequestMetrics): ExchangeRecorder {
  return {
    ended(exchange, route) {
      const { error, ending, status, trace, bytesIn, bytesOut } = exchange;
      route.metrics.transferred(bytesIn, bytesOut);
      if (trace !== null) {
        const { method, serviceId } = exchange;
        endTrace(trace, {
          method,
          pattern: route.match.path,
          route: route.id,
          service: serviceId,
          status,
          error,
          brokenOff: ending === "cut" || ending === "late" ? endOf(exchange) : null,
        });
      }
      accessLog.record(failureOf(exchange, route.id), exchange, entryOf);
    },
    refused(refused) {
      const { request, error, route, trace, startedAt } = refused;
      const { method } = request;
      const { status } = error;
      if (trace !== null) {
        const [pattern, id] = [route?.match.path ?? null, route?.id ?? null];
        endTrace(trace, { method, pattern, route: id, service: null, status, error, brokenOff: null });
      }
      if (route === null) unrouted.record(null, status, (performance.now() - startedAt) / 1000);
      const failure = status >= 500 ? { code: error.code, route: route?.id ?? null } : null;
      accessLog.record(failure, refused, entryOfRefused);
    },
  };
}

function failureOf({ error, ending }: GatewayExchange, route: string): Failure | null {
  if (error !== null && error.status >= 500) return { code: error.code, route };
  return ending === "cut" || ending === "late" ? { code: ending, route } : null;
}

function entryOfRefused(refused: RefusedRequest): AccessEntry {
  const { request, requestId, error, route, trace, clientIp, startedAt } = refused;
  return {
    ...nothingSent,
    ...requestedPlace(request),
    clientIp,
    totalMs: performance.now() - startedAt,
    requestId,
    traceId: trace?.span.context?.traceId ?? readTraceContext(request.headers)?.traceId ?? null,
    method: request.method,
    route: route?.id ?? null,
    status: error.status,
    ended: endReasonOf({ error, ending: "whole", attempts: 0, clientLeft: false }),
    error,
  };
}

/** The fields of a request that was not sent to a service. Only routes count the bytes of bodies. */
export const nothingSent = {
  host: null,
  path: null,
  clientIp: null,
  tenantId: null,
  route: null,
  service: null,
  target: null,
  attempts: 0,
  fallback: null,
  parts: null,
  policy: null,
  queuedMs: 0,
  connectMs: 0,
  firstByteMs: 0,
  totalMs: 0,
  requestBytes: null,
  responseBytes: null,
  error: null,
} as const;

function endOf({ error, ending, attempts, request }: GatewayExchange): EndReason {
  return endReasonOf({ error, ending, attempts, clientLeft: request.signal.aborted });
}

function entryOf(exchange: GatewayExchange): AccessEntry {
  const { error, attempts, target } = exchange;
  return {
    requestId: exchange.requestId,
    traceId: exchange.log.traceId ?? null,
    method: exchange.method,
    host: target.host,
    path: target.path,
    clientIp: exchange.clientIp,
    tenantId: exchange.tenantId,
    route: exchange.routeId,
    service: exchange.serviceId,
    // with several concurrent targets there is no last one
    target: exchange.parts === null ? exchange.targetId : null,
    attempts,
    fallback: exchange.fallback,
    parts: exchange.parts,
    status: exchange.status,
    ended: endOf(exchange),
    policy: exchange.refusedBy,
    queuedMs: exchange.queuedMs,
    connectMs: exchange.connectMs,
    firstByteMs: exchange.firstByteMs,
    totalMs: performance.now() - exchange.startedAt,
    requestBytes: exchange.bytesIn,
    responseBytes: exchange.bytesOut,
    error,
  };
}
