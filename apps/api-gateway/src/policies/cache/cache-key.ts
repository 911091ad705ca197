import { nameOf, sortByName } from "../query-pairs.ts";
import type { RequestHeaders } from "@libs/http1";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { reservedHeaders } from "../../model/http/reserved-headers.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import { reportedScheme } from "../../model/http/reported-scheme.ts";
import type { CacheConfig } from "./schema.ts";

/** Of the exchange, or of another path and query of the same host. */
export type CacheKey = (
  exchange: Exchange,
  target?: { readonly path: string; readonly query: string },
) => string;

/**
 * The cache key of an address: `tenant scheme://host/path?query`, with an empty tenant where there is none, so that no tenant ever gets
 * another one's answers. Route, service and headers distinguish variants of an address, and a change invalidates all of them. The address is
 * followed by whatever else the service is told about it beyond what routes match.
 */
export function compileCacheKey({ query }: Pick<CacheConfig, "query">): CacheKey {
  const readQuery = compileQuery(query);
  return (exchange, target = exchange.target) => {
    const { scheme, host } = exchange.target;
    const { path } = target;
    const rest = readQuery(target.query);
    const tenant = exchange.tenantId === null ? "" : encodeURIComponent(exchange.tenantId);
    return `${tenant} ${scheme}://${host}${path}${rest === "" ? "" : `?${rest}`}${forwardedAddressOf(exchange)}`;
  };
}

/**
 * The port of `Host`, and what a trusted proxy tells of the address. Services build links and redirects from it: without it in the key, a
 * caller whose fields the proxy passes on would poison the cache for everybody. Empty where it adds nothing.
 */
function forwardedAddressOf({ request: { headers }, target, isPeerTrusted }: Exchange): string {
  const host = headers.get("host");
  const told = isPeerTrusted ? toldByProxy(headers) : "";
  const forwardedHost = isPeerTrusted ? headers.get("x-forwarded-host") : null;
  const forwardedScheme = reportedScheme(headers, isPeerTrusted);
  const isUsual =
    host === target.host &&
    (forwardedHost ?? host) === host &&
    (forwardedScheme ?? target.scheme) === target.scheme &&
    told === "";
  return isUsual ? "" : ` ${JSON.stringify([host, forwardedHost, forwardedScheme, told])}`;
}

/** Other fields that frameworks take for a part of the address. */
const believed = [
  "x-forwarded-prefix",
  "x-forwarded-scheme",
  "x-forwarded-ssl",
  "x-original-host",
  "x-original-url",
  "x-rewrite-url",
  "x-url-scheme",
  "front-end-https",
] as const;

/** Parts of `Forwarded` (RFC 7239) that are about the address; the others are about the client. */
const ofAddress = /\b(?:host|proto)\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^;,\s]*)/gi;

function toldByProxy(headers: RequestHeaders): string {
  let told = "";
  for (const name of believed) {
    const value = headers.get(name);
    if (value !== null) told += `${name}: ${value}\n`;
  }
  return told + (headers.get("forwarded")?.match(ofAddress)?.join() ?? "");
}

/** The key by which requests wait for each other: the address, its service and the configured headers, by which answers are known to differ. */
export function compileFlightKey(
  { headers }: Pick<CacheConfig, "headers">,
  answersBy: string,
): (exchange: Exchange, key: string) => string {
  return (exchange, key) => `${key} ${variantOf(variedBy(exchange, answersBy), headers)}`;
}

/** The address without its tenant: purges apply to all tenants. */
export function urlOfKey(key: string): string {
  return key.split(" ", 2)[1] ?? "";
}

function compileQuery(query: CacheConfig["query"]): (query: string) => string {
  if (query === "all") return (text) => text;
  if (query === "none") return () => "";
  const kept = new Set(query.map(looseName));
  const readName = (pair: string): string => looseName(nameOf(pair));
  return (text) => {
    // to some services it separates parameters, too
    if (text.includes(";")) return text;
    const pairs = text.split("&").filter((pair) => kept.has(readName(pair)));
    return sortByName(pairs, readName).join("&");
  };
}

/**
 * A parameter's name without what services ignore: case (ASP.NET), an index, and which separator it has (PHP). A name that only looks like
 * a configured one costs hits; one that a service takes for it, and the key leaves out, would let a caller choose what others get.
 */
function looseName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\[.*/s, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** The header names of Vary, lower case, in one order. */
export function varyNames(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ""))].toSorted();
}

/**
 * How a request's answer comes about: by its route, its service, and its headers as the client sent them and as the service gets them, the
 * gateway's own among the latter.
 */
export interface Varied {
  /** See `PolicyRoute`. */
  readonly answersBy: string;
  /** `null` where several services' answers are combined. */
  readonly service: string | null;
  /** Of a signed URL, empty without one: services put it into their answers, and need not say so in Vary. */
  readonly watermark: string;
  readonly sent: RequestHeaders;
  readonly passed: HeaderList;
}

export function variedBy(
  { serviceId, request, upstreamHeaders, target }: Exchange,
  answersBy: string,
): Varied {
  // it comes from the query
  const watermark = target.query === "" ? null : upstreamHeaders.get(reservedHeaders.watermarkId);
  return {
    answersBy,
    service: serviceId,
    watermark: watermark ?? "",
    sent: request.headers,
    passed: upstreamHeaders,
  };
}

/** The variant key within an address. No digest, service, watermark or header contains a line end. */
export function variantOf(
  { answersBy, service, watermark, sent, passed }: Varied,
  names: readonly string[],
): string {
  const common = `${answersBy}\n${service ?? ""}\n${watermark}`;
  if (names.length === 0) return common;
  const values = names
    .map((name) => {
      const [outside, inside] = [sent.get(name) ?? "", passed.getAll(name).join(",")];
      return normalize(name, outside === inside ? outside : `${outside}\n${inside}`);
    })
    .join("\n\n");
  return `${common}\n${values}`;
}

/** Normalises lists: spaces around commas and the order of alternatives have no meaning (RFC 9111, section 4.1). */
function normalize(name: string, value: string): string {
  if (value === "") return "";
  const parts = value.split(",").map((part) => part.trim());
  if (name !== "accept-encoding" && name !== "accept-language") return parts.join(",");
  const alternatives = parts.map((part) => part.toLowerCase().replaceAll(/\s+/g, ""));
  return alternatives.toSorted().join(",");
}
