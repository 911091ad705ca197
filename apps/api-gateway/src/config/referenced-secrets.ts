import { encodePointerKey } from "../model/config/json-pointer.ts";
import type { SecretReference } from "../model/config/secret-reference.ts";

/** A reference to a secret, and its place in the config. */
export interface ReferencedSecret {
  /** JSON Pointer. */
  readonly path: string;
  readonly reference: SecretReference;
}

/** The environment variables and files that a config, or the part of it at `path`, refers to, in the order of the text. */
export function referencedSecrets(part: unknown, path = ""): ReferencedSecret[] {
  const reference = asReference(part);
  if (reference !== null) return [{ path, reference }];
  if (typeof part !== "object" || part === null) return [];
  // a header or parameter that a route matches may have any name
  return Object.entries(part).flatMap(([field, inner]) =>
    field === "match" ? [] : referencedSecrets(inner, `${path}/${encodePointerKey(field)}`),
  );
}

/** An object with only `env` or only `file`; `null` for anything else. */
function asReference(value: unknown): SecretReference | null {
  const [[key, name] = [], ...more] = Object.entries(Object(value));
  if (more.length > 0 || typeof name !== "string") return null;
  if (key === "env") return { env: name };
  return key === "file" ? { file: name } : null;
}
