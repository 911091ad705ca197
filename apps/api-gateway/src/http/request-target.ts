import { CartwayError } from "@libs/errors";
import type { RequestTarget } from "../model/exchange.ts";
import { normalizePath, type PathRules } from "../routing/normalize-path.ts";

/**
 * Takes `request.url` apart without `URL`, which costs more than the rest of matching. The listener has refused a bad Host
 * and a relative URL before. `isBehindTls`: the URL says http where TLS was ended before the listener. @throws CartwayError `invalid_path`, `uri_too_long`.
 */
export function readTarget(url: string, isBehindTls = false, rules?: PathRules): RequestTarget {
  const isTls = url.startsWith("https:");
  const authority = isTls ? 8 : 7;
  const slash = url.indexOf("/", authority);
  if (slash < 0) throw new CartwayError("invalid_path");
  const hash = url.indexOf("#", slash);
  const end = hash < 0 ? url.length : hash;
  const mark = url.indexOf("?", slash);
  const pathEnd = mark < 0 || mark > end ? end : mark;
  return {
    scheme: isTls || isBehindTls ? "https" : "http",
    host: hostOf(url.slice(authority, slash)),
    path: normalizePath(url.slice(slash, pathEnd), rules),
    query: pathEnd === end ? "" : url.slice(pathEnd + 1, end),
  };
}

/** Lower case, without port and without the dot of a fully qualified name: `Shop.Test.:3000` is `shop.test`. */
function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const hasPort = colon > authority.lastIndexOf("]");
  const name = (hasPort ? authority.slice(0, colon) : authority).toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
