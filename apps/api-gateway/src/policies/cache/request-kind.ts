import { CartwayError } from "@libs/errors";
import type { RequestHeaders } from "@libs/http1";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import { normalizePath } from "../../routing/normalize-path.ts";
import type { CacheKey } from "./cache-key.ts";

/** Whether the cache handles a request, or why it does not. */
export type RequestKind = "cacheable" | "bypass" | "method";

/**
 * Conditional and range headers that only the service can evaluate, and those that frameworks take another method from: the answer to it
 * is none to a GET, and would be given to everybody.
 */
const bypassing = [
  "range",
  "if-range",
  "if-match",
  "if-unmodified-since",
  "upgrade",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
] as const;
/** Safe methods (RFC 9110, section 9.2.1), which invalidate nothing. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export function requestKind({ method, request }: Exchange): RequestKind {
  if (method !== "GET" && method !== "HEAD") return safe.has(method) ? "bypass" : "method";
  if (hasContent(request.headers)) return "bypass";
  return bypassing.some((name) => request.headers.has(name)) ? "bypass" : "cacheable";
}

/** Answers to a GET with content may depend on the content, which is not part of the key. */
function hasContent(headers: RequestHeaders): boolean {
  return headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
}

/** Addresses invalidated by a successful unsafe request: its own, and those on the same host that its answer names. */
export function invalidatedKeys(exchange: Exchange, answer: HeaderList, keyOf: CacheKey): readonly string[] {
  const { scheme, host, path } = exchange.target;
  const base = `${scheme}://${host}${path}`;
  const named = ["location", "content-location"].flatMap((name) => {
    const url = URL.parse(answer.get(name) ?? "", base);
    if (url === null || !answer.has(name) || url.hostname !== host) return [];
    const path = pathOf(url);
    return path === null ? [] : [keyOf(exchange, { path, query: url.search.slice(1) })];
  });
  return [keyOf(exchange), ...named];
}

/** As a request for it would have it; `null` for one that would be refused. */
function pathOf({ pathname }: URL): string | null {
  try {
    return normalizePath(pathname);
  } catch (thrown) {
    if (thrown instanceof CartwayError) return null;
    throw thrown;
  }
}
