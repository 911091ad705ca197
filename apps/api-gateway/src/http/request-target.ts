import { CartwayError } from "@libs/errors";
import { hostOf, schemeOf, targetOf } from "@libs/http1";
import type { RequestTarget } from "../model/exchange/exchange.ts";
import { normalizePath, type PathRules } from "../routing/normalize-path.ts";

/** Host and path of a request that is not routed, as they were sent. Without the query, which can contain anything. */
export function requestedPlace(request: { readonly url: string }): Pick<RequestTarget, "host" | "path"> {
  return { host: hostOf(request), path: /^[^?#]*/.exec(targetOf(request))?.[0] ?? "" };
}

/**
 * Parses a request's target. The listener has already refused a bad Host and a relative URL.
 * @param isBehindTls TLS was terminated before the listener, so the URL says http.
 * @throws CartwayError `invalid_path`, `uri_too_long`.
 */
export function readTarget(
  request: { readonly url: string },
  isBehindTls = false,
  rules?: PathRules,
): RequestTarget {
  const target = targetOf(request);
  if (target === "") throw new CartwayError("invalid_path");
  const mark = target.indexOf("?");
  return {
    scheme: isBehindTls ? "https" : schemeOf(request),
    host: hostOf(request),
    path: normalizePath(mark < 0 ? target : target.slice(0, mark), rules),
    query: mark < 0 ? "" : target.slice(mark + 1),
  };
}
