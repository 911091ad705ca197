interface Route {
  readonly method: string;
  readonly path: string;
  readonly hooks?: { readonly parse?: unknown };
}

/**
 * Whether a route declared `parse: "none"`, to read its body itself. Elysia honours that only where no parser is mounted for all
 * routes, and the shell's is. The table is made with the first question, when every route is known.
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

/** As given (`"none"`) or as Elysia keeps it (`{ fn: "none" }`), alone or among others. */
function declaresNone(parse: unknown): boolean {
  if (Array.isArray(parse)) return parse.some(declaresNone);
  return (
    parse === "none" || (typeof parse === "object" && parse !== null && Reflect.get(parse, "fn") === "none")
  );
}
