import type { RequestHeaders } from "@libs/http1";
import { isSameOrigin } from "../../identity/is-same-origin.ts";
import type { Endpoint } from "../endpoint.ts";
import { RefusedAttempt } from "../refused-attempt.ts";

/**
 * Browsers let any page open a WebSocket, so the server must check its origin (RFC 6455, 10.2): pages of the gateway's own host and of
 * listed origins are accepted. Requests without Origin are not from browsers and pass. @throws CartwayError `forbidden`
 */
export function checkOrigin(endpoint: Endpoint, headers: RequestHeaders): void {
  const origin = headers.get("origin");
  if (origin === null || isAllowedOrigin(endpoint, origin, headers.get("host"))) return;
  const attempt = { kind: "origin_refused", reason: "foreign_origin" } as const;
  throw new RefusedAttempt("forbidden", attempt, { message: "Pages of this origin may not connect." });
}

export function isAllowedOrigin(
  { anyOrigin, origins }: Pick<Endpoint, "anyOrigin" | "origins">,
  origin: string,
  host: string | null,
): boolean {
  return anyOrigin || origins.has(origin.toLowerCase()) || isSameOrigin(origin, host);
}
