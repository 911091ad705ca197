import { listedNames } from "@libs/http1";
import {
  type Directives,
  joinedLines,
  parseCacheControl,
  parseTargeted,
  ageMsOf,
  secondsOf,
} from "../model/http/cache-control.ts";
import { HeaderList } from "../model/http/header-list.ts";

/** Header that names the missing parts, for clients that do not inspect the body. */
const incompleteHeader = "x-cartway-incomplete";

/** The head of the composed answer: fresh for as long as the part with the shortest lifetime, and as private as the most private one. */
export function headersOf(parts: readonly HeaderList[], incomplete: readonly string[]): HeaderList {
  const headers = new HeaderList(["content-type", "application/json; charset=utf-8"]);
  const caching = incomplete.length > 0 ? "no-store" : combineCaching(parts);
  if (caching !== null) headers.append("cache-control", caching);
  const vary = new Set(parts.flatMap((part) => part.getAll("vary").flatMap(listedNames)));
  vary.delete("accept-encoding");
  if (vary.size > 0) headers.append("vary", [...vary].join(", "));
  if (incomplete.length > 0) headers.append(incompleteHeader, incomplete.join(", "));
  return headers;
}

/** A part's own caching directives, for all caches and for shared ones (RFC 9111, section 5.2; RFC 9213). */
interface PartCaching {
  readonly ageMs: number;
  readonly toAll: Directives;
  readonly toShared: Directives;
}

function cachingOf(headers: HeaderList): PartCaching {
  const toAll = parseCacheControl(joinedLines(headers, "cache-control"));
  const toShared = parseTargeted(joinedLines(headers, "cdn-cache-control")) ?? toAll;
  return { ageMs: ageMsOf(headers), toAll, toShared };
}

/** Cache-Control that holds for all parts; `null` where none has any. */
function combineCaching(headers: readonly HeaderList[]): string | null {
  const parts = headers.map(cachingOf);
  if (parts.every(({ toAll, toShared }) => toAll.size === 0 && toShared.size === 0)) return null;
  const someHave = (...names: readonly string[]) => parts.some((part) => hasAny(part, names));
  // `private="x-field"` keeps the whole to its caller as well
  for (const word of ["no-store", "private"]) if (someHave(word)) return word;
  const own = leastSeconds(
    parts.map(({ toAll, ageMs }) => freshMs(secondsOf(toAll, "max-age"), toAll, ageMs)),
  );
  const shared = leastSeconds(
    parts.map(({ toShared, ageMs }) =>
      freshMs(secondsOf(toShared, "s-maxage") ?? secondsOf(toShared, "max-age"), toShared, ageMs),
    ),
  );
  // what makes an answer to an authorized request anybody's must be stated by every part (RFC 9111, section 3.5)
  const isShareable = parts.every((part) => hasAny(part, sharing));
  const longest = isShareable ? Math.max(own, shared) : Math.min(own, shared);
  if (longest === 0) return "no-cache";
  const lifetimes = isShareable ? lifetimesOf(own, shared) : `max-age=${longest}`;
  if (!someHave("must-revalidate", "proxy-revalidate", "s-maxage")) return lifetimes;
  // `must-revalidate` would let shared caches keep more than each part allows
  return `${lifetimes}, ${isShareable ? "must-revalidate" : "proxy-revalidate"}`;
}

const sharing = ["public", "s-maxage", "must-revalidate"];

function hasAny({ toAll, toShared }: PartCaching, names: readonly string[]): boolean {
  return names.some((name) => toAll.has(name) || toShared.has(name));
}

function lifetimesOf(own: number, shared: number): string {
  return `public, max-age=${own}${shared === own ? "" : `, s-maxage=${shared}`}`;
}

/** 0 where an answer states none. */
function freshMs(statedMs: number | null, directives: Directives, ageMs: number): number {
  return directives.has("no-cache") ? 0 : Math.max(0, (statedMs ?? 0) - ageMs);
}

function leastSeconds(ms: readonly number[]): number {
  return Math.floor(Math.min(...ms) / 1000);
}
