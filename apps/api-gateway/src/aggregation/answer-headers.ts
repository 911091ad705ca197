import { listedNames } from "@libs/http1";
import { HeaderList } from "../model/header-list.ts";

/** Names the parts that are not there, for who does not look into the body. */
const incompleteHeader = "x-cartway-incomplete";

/** The head of one answer made of several: as fresh as the part that is so for the shortest, and as private as the most private. */
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

/** Only what holds for all parts is said of the whole (RFC 9111, section 5.2). `null` where none says anything. */
function combineCaching(parts: readonly HeaderList[]): string | null {
  const all = parts.map((headers) => headers.getAll("cache-control").flatMap(listedNames));
  if (all.every((directives) => directives.length === 0)) return null;
  for (const word of ["no-store", "private"])
    if (all.some((directives) => has(directives, word))) return word;
  const seconds = parts.map((headers, index) => freshSeconds(headers, all[index] ?? []));
  const least = Math.min(...seconds);
  return least <= 0 ? "no-cache" : `max-age=${least}`;
}

/** 0 where an answer does not say. */
function freshSeconds(headers: HeaderList, directives: readonly string[]): number {
  if (has(directives, "no-cache")) return 0;
  const age = Number(/^\d{1,9}$/.exec(headers.get("age") ?? "")?.[0] ?? 0);
  return (secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age") ?? 0) - age;
}

function secondsOf(directives: readonly string[], name: string): number | null {
  const directive = directives.find((one) => one.startsWith(`${name}=`));
  const seconds = /^"?(\d{1,9})"?$/.exec(directive?.slice(name.length + 1) ?? "")?.[1];
  return seconds === undefined ? null : Number(seconds);
}

/** `private="x-field"` keeps the whole to its caller as well. */
function has(directives: readonly string[], word: string): boolean {
  return directives.some((one) => one === word || one.startsWith(`${word}=`));
}
