import { CartwayError } from "@libs/errors";
import { type IncomingRequest, isWellFormedHost, targetOf, WireRequest } from "@libs/http1";

/** Path and query together, as on the platform's own listener. */
const targetCharsMax = 8192;

/**
 * Refuses requests whose path Elysia would misread: it finds the path by counting characters from the start of the URL, which `Host: a`
 * or a relative `request.url` shifts. Bun's own parser accepts these.
 *
 * An absolute-form target (`GET http://x/path`) looks like an origin-form one here, because Bun drops its authority in favor of Host. The
 * platform's own listener has refused all of these already, and targets of another host than Host.
 */
export function guardRequest(request: IncomingRequest): CartwayError | null {
  if (request instanceof WireRequest) return null;
  const { method, url } = request;
  if (method === "CONNECT" || method === "TRACE") return new CartwayError("method_not_allowed");
  const host = request.headers.get("host");
  if (host === null || !isWellFormedHost(host)) return new CartwayError("invalid_host");
  if (!url.startsWith("http://") && !url.startsWith("https://")) return new CartwayError("invalid_path");
  if (targetOf(request).length > targetCharsMax) return new CartwayError("uri_too_long");
  return null;
}
