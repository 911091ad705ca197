import { parsePathPattern } from "../routing/path-pattern.ts";

/** What other routers write, and how it is written here; in this order. */
const dialects: readonly (readonly [RegExp, string])[] = [
  [/^~\*?\s*/g, ""],
  [/^\^|\$$/g, ""],
  [/\(\?<(\w+)>[^()]*\)/g, "{$1}"],
  [/(?:\(\/?\.[*+]\)|\.[*+]|\*+)\??$/g, "*"],
  [/(?<=\/):(\w+)\??/g, "{$1}"],
  [/<(?:\w+:)?(\w+)>/g, "{$1}"],
  [/(?<!\/)\*$/g, "/*"],
  [/\/{2,}/g, "/"],
];

/**
 * The path pattern that a regular expression (`^/shop/.*`), a glob (`/shop/**`), another router's parameters (`/shop/:id`) or a path without its
 * slash is likely to mean; `null` where it means none, or is one already.
 */
export function likelyPath(text: string): string | null {
  let path = text;
  for (const [written, meant] of dialects) path = path.replaceAll(written, meant);
  if (!path.startsWith("/")) path = `/${path}`;
  return path !== text && parsePathPattern(path) !== null ? path : null;
}
