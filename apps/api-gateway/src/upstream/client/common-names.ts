/** Names that most answers have, as most servers spell them. */
const spellings = [
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

/** By length; those of one length are few. */
const byLength: readonly (readonly string[])[] = lookUpTable([
  ...spellings,
  ...spellings.map((name) => name.toLowerCase()),
]);

/**
 * The name of a field that stands in `text` from `start` to `end`. One of the common names is compared in place and needs no string of
 * its own, neither here nor wherever it becomes the name of a property.
 */
export function nameAt(text: string, start: number, end: number): string {
  const candidates = byLength[end - start];
  if (candidates !== undefined) {
    for (const candidate of candidates) if (standsAt(text, start, candidate)) return candidate;
  }
  return text.slice(start, end);
}

function standsAt(text: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (text.charCodeAt(start + index) !== name.charCodeAt(index)) return false;
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
