import { standsAt } from "./stands-at.ts";

/** Names that most answers contain, in their usual spelling. */
const answerNames = [
  "Accept-Ranges",
  "Access-Control-Allow-Origin",
  "Age",
  "Cache-Control",
  "Connection",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "Date",
  "ETag",
  "Expires",
  "Keep-Alive",
  "Last-Modified",
  "Location",
  "Server",
  "Set-Cookie",
  "Strict-Transport-Security",
  "Transfer-Encoding",
  "Vary",
  "Via",
  "X-Content-Type-Options",
  "X-Frame-Options",
  "X-Powered-By",
  "X-Request-Id",
];

/** Names that most requests contain. */
const requestNames = [
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "cookie",
  "dnt",
  "expect",
  "host",
  "idempotency-key",
  "if-modified-since",
  "if-none-match",
  "origin",
  "pragma",
  "priority",
  "range",
  "referer",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-fetch-user",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "te",
  "traceparent",
  "tracestate",
  "transfer-encoding",
  "upgrade",
  "upgrade-insecure-requests",
  "user-agent",
  "via",
  "x-api-key",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-request-id",
];

/** Indexed by length; few names share one. */
const spelledByLength = lookUpTable([...answerNames, ...answerNames.map((name) => name.toLowerCase())]);
const lowerByLength = lookUpTable(requestNames);

/**
 * The field name at `start` to `end` of `text`. A common name is recognized in place and returned as a shared string: no allocation, and
 * no interning when it becomes a property name.
 */
export function nameAt(text: string, start: number, end: number): string {
  const candidates = spelledByLength[end - start];
  if (candidates !== undefined) {
    for (const candidate of candidates) if (standsAt(text, start, candidate)) return candidate;
  }
  return text.slice(start, end);
}

/** The same in lower case. The name MUST be a valid token. */
export function lowerNameAt(text: string, start: number, end: number): string {
  const candidates = lowerByLength[end - start];
  if (candidates !== undefined) {
    for (const candidate of candidates) if (isNamedAt(text, start, candidate)) return candidate;
  }
  return text.slice(start, end).toLowerCase();
}

/**
 * Case-insensitive comparison in place; nearly all mismatches are found at the first character.
 * @param name in lower case.
 */
export function isNamedAt(text: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    const code = text.charCodeAt(start + index);
    const isUpper = code >= 65 && code <= 90;
    if ((isUpper ? code + 32 : code) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function lookUpTable(names: readonly string[]): string[][] {
  const table: string[][] = [];
  for (const name of names) {
    table[name.length] ??= [];
    table[name.length]?.push(name);
  }
  return table;
}
