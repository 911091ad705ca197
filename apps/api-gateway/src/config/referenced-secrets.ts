import type { GatewayConfig } from "./schema.ts";

/** What the config takes from outside, each once, in the order in which it stands there. */
export interface ReferencedSecrets {
  readonly variables: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
}

/** The environment variables and the files that a config refers to. */
export function referencedSecrets(config: GatewayConfig): ReferencedSecrets {
  const found = { variables: new Set<string>(), files: new Set<string>() };
  collect(config, found);
  return found;
}

type Found = Readonly<Record<"variables" | "files", Set<string>>>;

/** A reference is all that consists of an `env` or a `file`, but for a header or parameter that a route matches. */
function collect(value: unknown, found: Found): void {
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  const [[key, name] = []] = entries;
  if (entries.length === 1 && key === "env" && typeof name === "string") found.variables.add(name);
  else if (entries.length === 1 && key === "file" && typeof name === "string") found.files.add(name);
  else for (const [field, inner] of entries) if (field !== "match") collect(inner, found);
}
