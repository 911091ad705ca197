import type { IncomingRequest } from "@libs/http1";
import type { EndpointSlot } from "../endpoint.ts";
import { isAllowedOrigin } from "../upgrade/check-origin.ts";

/** The headers that allow a page to read an answer of the hub: for origins that may connect to one of its endpoints. */
export function crossOriginHeaders(
  slots: Iterable<EndpointSlot>,
  request: IncomingRequest,
): Record<string, string> | null {
  const origin = request.headers.get("origin");
  if (origin === null) return null;
  for (const { current } of slots) {
    if (!isAllowedOrigin(current, origin, request.headers.get("host"))) continue;
    return {
      "access-control-allow-origin": origin,
      "access-control-allow-headers": "authorization, content-type, x-cartway-connection",
      "access-control-allow-methods": "POST, GET",
      "access-control-max-age": "600",
      "access-control-expose-headers": "x-cartway-closed, retry-after",
      vary: "origin",
    };
  }
  return null;
}
