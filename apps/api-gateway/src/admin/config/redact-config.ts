import { isSensitiveKey } from "@libs/monitoring";
import { withholdParameters } from "../../model/http/withhold-parameters.ts";

const withheld = "[withheld]";

/**
 * A config for display. References to secrets are kept, because they contain none; values under the name of a secret, such as a header
 * that is set or that a route requires, and passwords and keys in URLs are removed.
 */
export function redactConfig(value: unknown): unknown {
  if (typeof value === "string") return redactUrls(value);
  if (Array.isArray(value)) return value.map(redactConfig);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSensitiveKey(key) && !isReference(value) ? withhold(inner) : redactConfig(inner),
    ]),
  );
}

/** The value of a secret: a text, or a condition on one. */
function withhold(value: unknown): unknown {
  if (typeof value === "string") return withheld;
  if (typeof value !== "object" || value === null) return value;
  const [form, ...more] = Object.keys(value);
  return more.length === 0 && (form === "prefix" || form === "glob")
    ? { [form]: withheld }
    : redactConfig(value);
}

function isReference(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "env" || keys[0] === "file");
}

/** Removes `user:password@` from every URL in a text, and what parameters named like secrets carry. */
function redactUrls(text: string): string {
  const named = text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, `$1${withheld}@`);
  return withholdParameters(named, withheld);
}
