import { isSensitiveKey } from "@libs/monitoring";

const withheld = "[withheld]";

/**
 * A config fit to be shown: references to secrets stay, as they hold none; what stands in it plainly under the name of a
 * secret, such as a header that is set, and passwords in URLs do not.
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

/** `https://user:password@host` without its first part, wherever it stands in a text. */
function withoutPassword(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, `$1${withheld}@`);
}
