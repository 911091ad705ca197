import type { HeaderList } from "./header-list.ts";

/** Directives by lower-case name; `true` for one without a value. */
export type Directives = ReadonlyMap<string, string | true>;

const none: Directives = new Map();

/**
 * Parses `Cache-Control` (RFC 9111, section 5.2). Of a repeated directive the first one counts, as section 4.2.1 permits; quoted values
 * are unquoted.
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

const member =
  /^[a-z*][a-z0-9_.*-]*(=(-?\d{1,15}|[A-Za-z*][\w!#$%&'*+.^`|~:/-]*|"(?:[^"\\]|\\["\\])*"|\?[01]))?$/;
const counting: ReadonlySet<string> = new Set([
  "max-age",
  "s-maxage",
  "stale-while-revalidate",
  "stale-if-error",
]);

/**
 * Parses a targeted field (RFC 9213). Unlike `Cache-Control` it is a structured dictionary: a malformed one, or one whose seconds are not
 * integers, is ignored. `null` then, and where it is empty.
 */
export function parseTargeted(value: string | null): Directives | null {
  const members = (value ?? "").split(",").map((text) => text.trim());
  if (!members.every((text) => member.test(text))) return null;
  const directives = parseCacheControl(value);
  const isCounted = members.every((text) => {
    const [name = "", seconds] = text.split("=", 2);
    return !counting.has(name) || /^\d+$/.test(seconds ?? "");
  });
  return isCounted && directives.size > 0 ? directives : null;
}

/** Joins the lines of a field (RFC 9110, section 5.3). `null` where there is none. */
export function joinedLines(headers: Pick<HeaderList, "getAll">, name: string): string | null {
  const values = headers.getAll(name);
  return values.length === 0 ? null : values.join(", ");
}

/** The `Age` of an answer (RFC 9111, section 5.1) in milliseconds; 0 without one. */
export function ageMsOf(headers: Pick<HeaderList, "get">): number {
  const said = headers.get("age")?.split(",", 1)[0]?.trim() ?? "";
  return /^\d+$/.test(said) ? Number(said) * 1000 : 0;
}

/**
 * Delta-seconds, converted to milliseconds. `null` where the directive is absent; 0, which means stale, where its value is not a number.
 */
export function secondsOf(directives: Directives, name: string): number | null {
  const value = directives.get(name);
  if (value === undefined) return null;
  if (value === true || !/^\d+$/.test(value)) return 0;
  return Math.min(Number(value), 2 ** 31) * 1000;
}
