import { ownText } from "@libs/http1";
import type { RecentRefusals, Refusal } from "../telemetry/recent-refusals.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";
import { truncatedPath } from "./truncated-path.ts";
import type { ExchangeRecorder, RefusedRequest } from "./record-exchange.ts";
import { requestedPlace } from "./request-target.ts";

/** Wraps a recorder to keep requests that the gateway itself refused. Costs nothing for answered ones. */
export function noteRefusals(
  recorder: ExchangeRecorder,
  refusals: RecentRefusals,
  now: () => number,
): ExchangeRecorder {
  const at = (): string => new Date(now()).toISOString();
  return {
    ended(exchange, route) {
      recorder.ended(exchange, route);
      if (exchange.error !== null) refusals.add({ at: at(), ...refusalOf(exchange, exchange.error) });
    },
    refused(refused) {
      recorder.refused(refused);
      refusals.add({ at: at(), ...refusalOfRequest(refused) });
    },
  };
}

function refusalOf(
  exchange: GatewayExchange,
  error: NonNullable<GatewayExchange["error"]>,
): Omit<Refusal, "at"> {
  const { requestId, method, target, routeId, clientIp, refusedBy, refusal } = exchange;
  return {
    requestId: ownText(requestId),
    method,
    host: target.host,
    path: truncatedPath(target),
    route: routeId,
    clientIp: ownText(clientIp),
    status: error.status,
    code: error.code,
    policy: refusedBy,
    verdict: refusal,
    internal: error.internal ?? null,
  };
}

/** A request refused before it became an exchange. */
function refusalOfRequest(refused: RefusedRequest): Omit<Refusal, "at"> {
  const { request, requestId, route, error, clientIp } = refused;
  const place = requestedPlace(request);
  return {
    requestId: ownText(requestId),
    method: request.method,
    host: ownText(place.host),
    path: truncatedPath(place),
    route: route?.id ?? null,
    clientIp: ownText(clientIp),
    status: error.status,
    code: error.code,
    policy: null,
    verdict: null,
    internal: error.internal ?? null,
  };
}
