import { WireRequest } from "./wire-request.ts";

/** Path and query of a request's URL; `""` where the URL is not absolute. */
export function targetOf(request: { readonly url: string }): string {
  if (request instanceof WireRequest) return request.target;
  const { url } = request;
  const authority = startOfAuthority(url);
  const start = authority < 0 ? -1 : url.indexOf("/", authority);
  if (start < 0) return "";
  const hash = url.indexOf("#", start);
  return url.slice(start, hash < 0 ? url.length : hash);
}

/**
 * The host of a request's URL: lower case, without port or the trailing dot of a fully qualified name. `Shop.Test.:3000` is `shop.test`.
 */
export function hostOf(request: { readonly url: string }): string {
  if (request instanceof WireRequest) return request.host;
  const { url } = request;
  const start = startOfAuthority(url);
  const end = url.indexOf("/", start);
  const authority = url.slice(start, end < 0 ? url.length : end);
  const colon = authority.lastIndexOf(":");
  const hasPort = colon > authority.lastIndexOf("]");
  const name = (hasPort ? authority.slice(0, colon) : authority).toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** The scheme of the connection, as far as the listener knows. */
export function schemeOf(request: { readonly url: string }): "http" | "https" {
  if (request instanceof WireRequest) return request.scheme;
  return request.url.startsWith("https:") ? "https" : "http";
}

function startOfAuthority(url: string): number {
  const scheme = url.indexOf("://");
  return scheme < 0 ? -1 : scheme + 3;
}
