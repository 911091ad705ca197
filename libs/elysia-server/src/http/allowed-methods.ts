interface Route {
  readonly method: string;
  readonly path: string;
}

interface Row {
  readonly pattern: RegExp;
  readonly method: string;
}

/**
 * The methods of a path, for `Allow` (RFC 9110, section 15.5.6): Elysia answers 404 to a method that it does not know. The table is built
 * on first use, when all routes are known, and searched only where no route matched.
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

/** Elysia's path templates: `:name`, `:name?`, a final `*`; a trailing slash is ignored. */
function patternOf(path: string): RegExp {
  const parts = path.split("/").filter((part) => part !== "");
  const pattern = parts.map((part) => {
    if (part === "*") return "/.*";
    if (part.startsWith(":")) return part.endsWith("?") ? "(?:/[^/]+)?" : "/[^/]+";
    return `/${RegExp.escape(part)}`;
  });
  return new RegExp(`^${pattern.join("")}/?$`);
}
