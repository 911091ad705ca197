import type { ServedRequest } from "@libs/elysia-server";
import type { AccessLog } from "./access-log.ts";
import { nothingSent } from "./record-exchange.ts";

/** A line of the access log for a request that no route took: an endpoint of the gateway's own answered it, or nothing did. */
export function recordEndpoint(accessLog: AccessLog, served: ServedRequest, clientIp: string): void {
  accessLog.record(
    served.status >= 500,
    served,
    ({ request, requestId, traceId, route, status, seconds }) => {
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
        ended: route === null ? "not_routed" : "own_endpoint",
        totalMs: seconds * 1000,
      };
    },
  );
}
