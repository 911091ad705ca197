import { listedNames } from "@libs/http1";
import {
  type Directives,
  joinedLines,
  parseCacheControl,
  saidAgeMs,
  secondsOf,
} from "../model/cache-control.ts";
import { HeaderList } from "../model/header-list.ts";

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

/** Cache-Control that holds for all parts (RFC 9111, section 5.2); `null` where none has any. */
function combineCaching(parts: readonly HeaderList[]): string | null {
  const all = parts.map((headers) => ({
    ageMs: saidAgeMs(headers),
    directives: parseCacheControl(joinedLines(headers, "cache-control")),
  }));
  if (all.every(({ directives }) => directives.size === 0)) return null;
  // `private="x-field"` keeps the whole to its caller as well
  for (const word of ["no-store", "private"])
    if (all.some(({ directives }) => directives.has(word))) return word;
  const least = Math.floor(Math.min(...all.map(freshMs)) / 1000);
  return least <= 0 ? "no-cache" : `max-age=${least}`;
}

/** 0 where an answer states none. */
function freshMs({ ageMs, directives }: { readonly ageMs: number; readonly directives: Directives }): number {
  if (directives.has("no-cache")) return 0;
  return (secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age") ?? 0) - ageMs;
}
