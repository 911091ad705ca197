import { parsePathPattern } from "../../routing/path-pattern.ts";

/** Syntax of other routers and its equivalent here, applied in this order. */
const dialects: readonly (readonly [RegExp, string])[] = [
  [/^(?:=|\^~|~\*?)\s*/g, ""],
  [/^\^|(?:\/\?)?\$$/g, ""],
  [/\(\?<(\w+)>[^()]*\)/g, "{$1}"],
  [/\{(\w+):[^{}]*\}/g, "{$1}"],
  [/(?<=\/)\(?(?:\[[^\]/]+\]|\\[dw])[+*]\)?(?=\/|$)/g, "{id}"],
  [/(?:\(\/?\.[*+]\)|\.[*+]|\*+)\??$/g, "*"],
  [/(?<=\/):(\w+)\??/g, "{$1}"],
  [/<(?:\w+:)?(\w+)>/g, "{$1}"],
  [/(?<!\/)\*$/g, "/*"],
  [/\/{2,}/g, "/"],
];

/**
 * The path pattern most likely meant by a regular expression (`^/shop/.*`), a glob (`/shop/**`), another router's parameters
 * (`/shop/:id`) or a path without its leading slash; `null` where none fits or the text is valid already.
 */
export function suggestPath(text: string): string | null {
  let path = text;
  for (const [foreign, own] of dialects) path = path.replaceAll(foreign, own);
  if (!path.startsWith("/")) path = `/${path}`;
  return path !== text && parsePathPattern(path) !== null ? path : null;
}
