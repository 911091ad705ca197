import { nameOf, sortByName } from "../query-pairs.ts";
import type { RequestHeaders } from "@libs/http1";
import type { Exchange } from "../../model/exchange.ts";
import type { HeaderList } from "../../model/header-list.ts";
import type { CacheConfig } from "./schema.ts";

/** Of the exchange, or of another path and query of the same host. */
export type CacheKey = (
  exchange: Exchange,
  target?: { readonly path: string; readonly query: string },
) => string;

/**
 * The address that answers are kept under: `tenant scheme://host/path?query`, the tenant being empty where there is none. Who
 * is of another tenant never gets an answer of this one. Headers tell variants of an address apart, so that a change forgets all of them.
 * Behind it stands what the service is told of the address besides, where it is told more than routes look at.
 */
export function compileCacheKey({ query }: Pick<CacheConfig, "query">): CacheKey {
  const readQuery = compileQuery(query);
  return (exchange, target = exchange.target) => {
    const { scheme, host } = exchange.target;
    const { path } = target;
    const rest = readQuery(target.query);
    const tenant = exchange.tenantId === null ? "" : encodeURIComponent(exchange.tenantId);
    return `${tenant} ${scheme}://${host}${path}${rest === "" ? "" : `?${rest}`}${toldOf(exchange)}`;
  };
}

/**
 * The port of `Host`, and what a trusted proxy says of host and scheme. Services make links and redirections of it: whoever sends a host
 * of their own there would otherwise have all others led to it by the cache. Empty where it says nothing new.
 */
function toldOf({ request, target, isPeerTrusted }: Exchange): string {
  const { headers } = request;
  const host = headers.get("host");
  const forwardedHost = isPeerTrusted ? headers.get("x-forwarded-host") : null;
  const forwardedScheme = isPeerTrusted ? headers.get("x-forwarded-proto") : null;
  const isUsual =
    host === target.host &&
    (forwardedHost ?? host) === host &&
    (forwardedScheme ?? target.scheme) === target.scheme;
  return isUsual ? "" : ` ${JSON.stringify([host, forwardedHost, forwardedScheme])}`;
}

/** Names a request that others may wait for: what it asks for, and the configured headers, by which answers surely differ. */
export function compileFlightKey({
  headers,
}: Pick<CacheConfig, "headers">): (exchange: Exchange, key: string) => string {
  if (headers.length === 0) return (_exchange, key) => key;
  return ({ request, upstreamHeaders }, key) =>
    `${key} ${variantOf({ sent: request.headers, passed: upstreamHeaders }, headers)}`;
}

/** Without its tenant: what is purged is purged for all of them. */
export function urlOfKey(key: string): string {
  return key.split(" ", 2)[1] ?? "";
}

function compileQuery(query: CacheConfig["query"]): (query: string) => string {
  if (query === "all") return (text) => text;
  if (query === "none") return () => "";
  const kept = new Set(query);
  return (text) => sortByName(text.split("&").filter((pair) => kept.has(nameOf(pair)))).join("&");
}

/** The header names of Vary, lower case, in one order. */
export function varyNames(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ""))].toSorted();
}

/** The headers of a request as its client sent them and as its service gets them: the gateway's own are among the latter. */
export interface VariedHeaders {
  readonly sent: RequestHeaders;
  readonly passed: HeaderList;
}

/** Tells the answers of one address apart by the headers that Vary names. */
export function variantOf({ sent, passed }: VariedHeaders, names: readonly string[]): string {
  return names
    .map((name) => {
      const [outside, inside] = [sent.get(name) ?? "", passed.getAll(name).join(",")];
      return normalize(name, outside === inside ? outside : `${outside}\n${inside}`);
    })
    .join("\n\n");
}

/** Spaces around commas mean nothing, and neither does order in what lists alternatives (RFC 9111, section 4.1). */
function normalize(name: string, value: string): string {
  if (value === "") return "";
  const parts = value.split(",").map((part) => part.trim());
  if (name !== "accept-encoding" && name !== "accept-language") return parts.join(",");
  const alternatives = parts.map((part) => part.toLowerCase().replaceAll(/\s+/g, ""));
  return alternatives.toSorted().join(",");
}
