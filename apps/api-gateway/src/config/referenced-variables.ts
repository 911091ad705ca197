import type { GatewayConfig } from "./schema.ts";

/** The environment variables that the config refers to for its secrets, each once, in the order in which they stand there. */
export function referencedVariables(config: GatewayConfig): readonly string[] {
  const names = new Set<string>();
  collect(config, names);
  return [...names];
}

/** A reference, `{ env: NAME }`, is all that consists of an `env`, but for a header or parameter that a route matches. */
function collect(value: unknown, names: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "env" && typeof first[1] === "string") names.add(first[1]);
  else for (const [key, inner] of entries) if (key !== "match") collect(inner, names);
}
