interface Route {
  readonly method: string;
  readonly path: string;
}

interface Row {
  readonly pattern: RegExp;
  readonly method: string;
}

/**
 * Which methods a path has, for `Allow` of RFC 9110, section 15.5.6: Elysia answers 404 to a method it does not know. Asked only
 * where no route matched, so the table may be walked; it is made with the first question, when every route is known.
 */
export function createAllowedMethods(routes: () => readonly Route[]): (url: string) => readonly string[] {
  let rows: readonly Row[] | null = null;
  return (url) => {
    rows ??= routes().map(({ method, path }) => ({ method, pattern: patternOf(path) }));
    const { pathname } = new URL(url);
    const methods = new Set<string>();
    for (const { pattern, method } of rows) {
      if (!pattern.test(pathname)) continue;
      methods.add(method);
      if (method === "GET") methods.add("HEAD");
    }
    return [...methods].filter((method) => /^[A-Z]+$/.test(method) && method !== "OPTIONS").toSorted();
  };
}

/** Elysia's templates: `:name`, `:name?`, a final `*`; a slash at the end does not matter. */
function patternOf(path: string): RegExp {
  const parts = path.split("/").filter((part) => part !== "");
  const pattern = parts.map((part) => {
    if (part === "*") return "/.*";
    if (part.startsWith(":")) return part.endsWith("?") ? "(?:/[^/]+)?" : "/[^/]+";
    return `/${RegExp.escape(part)}`;
  });
  return new RegExp(`^${pattern.join("")}/?$`);
}
