/** Directives by lower-case name; `true` where one has no value. */
export type Directives = ReadonlyMap<string, string | true>;

const none: Directives = new Map();

/**
 * Reads `Cache-Control` (RFC 9111, section 5.2). Of a directive that repeats with different values the first counts, as section
 * 4.2.1 leaves open; quoted values are unquoted.
 */
export function parseCacheControl(value: string | null): Directives {
  if (value === null) return none;
  const directives = new Map<string, string | true>();
  for (const match of value.matchAll(/([^\s,="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g)) {
    const name = (match[1] ?? "").toLowerCase();
    if (!directives.has(name)) directives.set(name, match[2] ?? match[3] ?? true);
  }
  return directives;
}

/** Delta-seconds, in milliseconds. `null` where the directive is absent; 0, which is stale, where its value is no number. */
export function secondsOf(directives: Directives, name: string): number | null {
  const value = directives.get(name);
  if (value === undefined) return null;
  if (value === true || !/^\d+$/.test(value)) return 0;
  return Math.min(Number(value), 2 ** 31) * 1000;
}
