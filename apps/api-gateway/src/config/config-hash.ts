import { createHash } from "node:crypto";

/** Names a config in `/version`, metrics and the audit: the same for the same settings, in whatever order they stand. */
export function configHash(config: unknown): string {
  return createHash("sha256").update(canonical(config)).digest("hex").slice(0, 12);
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
