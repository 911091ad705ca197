/** A parsed path pattern of the config. */
export interface PathPattern {
  readonly segments: readonly PatternSegment[];
  /** `/a/*`: also everything below. */
  readonly isPrefix: boolean;
}

export type PatternSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string };

export const pathPatternExpectation =
  "a path that begins with a slash, with {names} as whole segments and * only as the last one";

/** Refuses the syntax of other routers (`:id`, `[0-9]`, `a|b`, `.+`), which would only match itself literally. */
const literal = /^(?!:\w|.*\.\+)[^{}*\s\\?#^|[\]<>"]*$/;

/** Whether some path matches both. */
export function patternsOverlap(a: PathPattern, b: PathPattern): boolean {
  const shared = Math.min(a.segments.length, b.segments.length);
  if (a.segments.length > shared && !b.isPrefix) return false;
  if (b.segments.length > shared && !a.isPrefix) return false;
  return a.segments.slice(0, shared).every((segment, index) => {
    const other = b.segments[index];
    return segment.kind === "parameter" || other?.kind !== "literal" || other.text === segment.text;
  });
}

/** `null` for an invalid pattern; `pathPatternExpectation` describes valid ones. */
export function parsePathPattern(text: string): PathPattern | null {
  if (!text.startsWith("/") || text.includes("//")) return null;
  const parts = text.slice(1).split("/");
  const isPrefix = parts.at(-1) === "*";
  if (isPrefix) parts.pop();
  const segments: PatternSegment[] = [];
  const names = new Set<string>();
  for (const part of parts) {
    const name = /^\{([A-Za-z_]\w*)\}$/.exec(part)?.[1];
    if (name !== undefined) {
      if (names.has(name)) return null;
      names.add(name);
      segments.push({ kind: "parameter", name });
    } else if (literal.test(part)) {
      segments.push({ kind: "literal", text: part });
    } else {
      return null;
    }
  }
  return { segments, isPrefix };
}
