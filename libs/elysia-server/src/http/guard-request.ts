import { CartwayError } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";

/**
 * `uri-host [ ":" port ]` of RFC 9110, section 7.2: a name, an IPv4 address or an IPv6 address in brackets. No userinfo, no
 * comma (two Host headers arrive joined by one), no slash.
 */
const hostPattern = /^(?:[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

const urlCharsMax = 8192;

/** Hosts that were found well-formed: nearly every request names one of a few, and a look-up costs less than the pattern. */
const wellFormedHosts = new Set<string>();
const wellFormedHostsMax = 1024;

function isWellFormedHost(host: string): boolean {
  if (wellFormedHosts.has(host)) return true;
  if (!hostPattern.test(host)) return false;
  if (wellFormedHosts.size < wellFormedHostsMax) wellFormedHosts.add(host);
  return true;
}

/**
 * Refuses what Elysia would take for another path than the one that was sent: Elysia finds the path by counting characters
 * from the start of the URL, which `Host: a` or a relative `request.url` shifts. Bun's own parser lets these through.
 *
 * An absolute-form target (`GET http://x/path`) cannot be told from an origin-form one here: Bun has dropped its authority
 * and Host decides alone, for every part of the platform alike.
 */
export function guardRequest(request: IncomingRequest): CartwayError | null {
  const { method, url } = request;
  if (method === "CONNECT" || method === "TRACE") return new CartwayError("method_not_allowed");
  const host = request.headers.get("host");
  if (host === null || !isWellFormedHost(host)) return new CartwayError("invalid_host");
  if (!url.startsWith("http://") && !url.startsWith("https://")) return new CartwayError("invalid_path");
  if (url.length > urlCharsMax) return new CartwayError("uri_too_long");
  return null;
}
