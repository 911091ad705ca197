import type { RequestHeaders } from "@libs/http1";
import { isSameOrigin } from "../../identity/is-same-origin.ts";
import type { Endpoint } from "../endpoint.ts";
import { RefusedAttempt } from "../refused-attempt.ts";

/**
 * Browsers put no limit on which page opens a WebSocket, so the server must (RFC 6455, 10.2): a page of the gateway's own
 * host, or of a listed origin. What sends no Origin is no browser and must prove itself otherwise. @throws CartwayError `forbidden`
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
