import { createHash } from "node:crypto";

/** Names a config in `/version`, metrics and the audit: the same for the same settings, in whatever order they stand. */
export function configHash(config: unknown): string {
  return createHash("sha256").update(JSON.stringify(config, sortKeys)).digest("hex").slice(0, 12);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
