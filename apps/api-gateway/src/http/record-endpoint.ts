import type { ServedRequest } from "@libs/elysia-server";
import type { CartwayError } from "@libs/errors";
import type { AccessLog } from "./access-log.ts";
import { endReasonOf } from "./end-reason.ts";
import { nothingSent } from "./record-exchange.ts";

/** A request without a route, and the error it was answered with, if known. */
export interface ServedEndpoint extends ServedRequest {
  readonly error?: CartwayError | null;
}

/** Writes an access log line for a request without a route, answered by an endpoint of the gateway or by nothing. */
export function recordEndpoint(accessLog: AccessLog, served: ServedEndpoint, clientIp: string): void {
  const { status: answered, error: thrown = null, route: place } = served;
  const failure = answered >= 500 ? { code: thrown?.code ?? String(answered), route: place } : null;
  accessLog.record(failure, served, (endpoint) => {
    const { request, requestId, traceId, route, status, seconds, error = null } = endpoint;
    const url = URL.parse(request.url);
    return {
      ...nothingSent,
      requestId,
      traceId,
      method: request.method,
      host: url?.hostname ?? null,
      path: url?.pathname ?? null,
      clientIp,
      route,
      status,
      ended: endOf(endpoint),
      totalMs: seconds * 1000,
      error,
    };
  });
}

function endOf({ route, error = null }: ServedEndpoint): ReturnType<typeof endReasonOf> {
  if (error !== null) return endReasonOf({ error, ending: "whole", attempts: 0, clientLeft: false });
  return route === null ? "not_routed" : "own_endpoint";
}
