import { isSensitiveKey } from "@libs/monitoring";

const withheld = "[withheld]";

/**
 * A config for display. References to secrets are kept, because they contain none; values under the name of a secret, such as a header
 * that is set, and passwords in URLs are removed.
 */
export function redactConfig(value: unknown): unknown {
  if (typeof value === "string") return withoutPassword(value);
  if (Array.isArray(value)) return value.map(redactConfig);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === "string" && isSensitiveKey(key) && !isReference(value)
        ? withheld
        : redactConfig(inner),
    ]),
  );
}

function isReference(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "env" || keys[0] === "file");
}

/** Removes `user:password@` from every URL in a text. */
function withoutPassword(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, `$1${withheld}@`);
}
