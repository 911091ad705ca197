interface Route {
  readonly method: string;
  readonly path: string;
  readonly hooks?: { readonly parse?: unknown };
}

/**
 * Whether a route declared `parse: "none"`, to read its body itself. Elysia ignores that once a parser is mounted for all routes, as the
 * shell does. The table is built on first use, when all routes are known.
 */
export function createRawRoutes(routes: () => readonly Route[]): (method: string, path: string) => boolean {
  let raw: ReadonlySet<string> | null = null;
  return (method, path) => {
    raw ??= new Set(
      routes()
        .filter(({ hooks }) => declaresNone(hooks?.parse))
        .map((route) => `${route.method} ${route.path}`),
    );
    return raw.size > 0 && (raw.has(`${method} ${path}`) || raw.has(`ALL ${path}`));
  };
}

/** As written (`"none"`) or as Elysia stores it (`{ fn: "none" }`), alone or in a list. */
function declaresNone(parse: unknown): boolean {
  if (Array.isArray(parse)) return parse.some(declaresNone);
  return (
    parse === "none" || (typeof parse === "object" && parse !== null && Reflect.get(parse, "fn") === "none")
  );
}
