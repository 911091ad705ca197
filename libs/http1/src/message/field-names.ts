/** Names that most answers have, as most servers spell them. */
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

/** Names that most requests have. */
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

/** By length; those of one length are few. */
const spelledByLength = lookUpTable([...answerNames, ...answerNames.map((name) => name.toLowerCase())]);
const lowerByLength = lookUpTable(requestNames);

/**
 * The name of a field that stands in `text` from `start` to `end`. One of the common names is compared in place and needs no string of
 * its own, neither here nor wherever it becomes the name of a property.
 */
export function nameAt(text: string, start: number, end: number): string {
  const candidates = spelledByLength[end - start];
  if (candidates !== undefined) {
    for (const candidate of candidates) if (standsAt(text, start, candidate)) return candidate;
  }
  return text.slice(start, end);
}

/** The same in lower case. What stands there MUST be a token. */
export function lowerNameAt(text: string, start: number, end: number): string {
  const candidates = lowerByLength[end - start];
  if (candidates !== undefined) {
    for (const candidate of candidates) if (isNamedAt(text, start, candidate)) return candidate;
  }
  return text.slice(start, end).toLowerCase();
}

function standsAt(text: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (text.charCodeAt(start + index) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * Whether the name that stands there is this one, whatever its case. Compared in place: nearly all others differ in their first
 * character.
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
