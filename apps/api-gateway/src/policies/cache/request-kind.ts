import type { Exchange } from "../../model/exchange.ts";
import type { HeaderList } from "../../model/header-list.ts";
import type { CacheKey } from "./cache-key.ts";

/** What a cache has to do with a request: look, or leave it alone and say why. */
export type RequestKind = "cacheable" | "bypass" | "method";

/** Conditions and parts that only the service can judge, or that are about more than an answer. */
const bypassing = ["range", "if-range", "if-match", "if-unmodified-since", "upgrade"] as const;
/** Methods that change nothing (RFC 9110, section 9.2.1): after them what is stored still holds. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export function requestKind({ method, request }: Exchange): RequestKind {
  if (method !== "GET" && method !== "HEAD") return safe.has(method) ? "bypass" : "method";
  return bypassing.some((name) => request.headers.has(name)) ? "bypass" : "cacheable";
}

/** What no longer holds after an unsafe request succeeded: its own address, and those on the same host that its answer names. */
export function invalidatedKeys(exchange: Exchange, answer: HeaderList, keyOf: CacheKey): readonly string[] {
  const { scheme, host, path } = exchange.target;
  const base = `${scheme}://${host}${path}`;
  const named = ["location", "content-location"].flatMap((name) => {
    const url = URL.parse(answer.get(name) ?? "", base);
    return url !== null && answer.has(name) && url.hostname === host
      ? [keyOf(exchange, { path: url.pathname, query: url.search.slice(1) })]
      : [];
  });
  return [keyOf(exchange), ...named];
}
