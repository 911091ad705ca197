import { encodeSegment } from "../routing/encode-segment.ts";

/** Whether a placeholder names a query parameter; otherwise it names a path parameter. */
const ofQuery = /^query\.(.+)$/;

const placeholder = /\{([^{}]*)\}/;

/** Fills in a part's path and query from the request's path parameters and query. */
export type PartPath = (params: Readonly<Record<string, string>>, query: URLSearchParams) => string;

/** The names of all placeholders. */
export function placeholdersOf(template: string): readonly string[] {
  return [...template.matchAll(new RegExp(placeholder, "g"))].map(([, name = ""]) => name);
}

export function isQueryName(name: string): boolean {
  return ofQuery.test(name);
}

/** Compiled once per config. Values are encoded: they can add no segment, parameter or fragment. */
export function compilePartPath(template: string): PartPath {
  const [path = "", ...rest] = template.split("?");
  const segments = path.split(placeholder);
  const pairs =
    rest.length === 0
      ? []
      : rest
          .join("?")
          .split("&")
          .map((pair) => pair.split(placeholder));
  return (params, query) => {
    const valueOf = (name: string): string | null => {
      const parameter = ofQuery.exec(name)?.[1];
      return parameter === undefined ? (params[name] ?? "") : query.get(parameter);
    };
    const asked = segments.map((part, index) =>
      index % 2 === 0 ? part : encodeSegment(valueOf(part) ?? ""),
    );
    const kept = pairs.map((pair) => fillPair(pair, valueOf)).filter((pair) => pair !== null);
    return asked.join("") + (kept.length === 0 ? "" : `?${kept.join("&")}`);
  };
}

/** `null` where it names a parameter that the request does not have. */
function fillPair(pair: readonly string[], valueOf: (name: string) => string | null): string | null {
  let filled = "";
  for (const [index, part] of pair.entries()) {
    const value = index % 2 === 0 ? part : valueOf(part);
    if (value === null) return null;
    filled += index % 2 === 0 ? value : encodeURIComponent(value);
  }
  return filled;
}
