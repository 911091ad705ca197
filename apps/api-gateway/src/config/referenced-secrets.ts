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
  if (!isComposed(part)) return [];
  const reference = asReference(part);
  if (reference !== null) return [{ path, reference }];
  // a header or parameter that a route matches may have any name
  return Object.entries(part).flatMap(([field, inner]) =>
    field === "match" || !isComposed(inner)
      ? []
      : referencedSecrets(inner, `${path}/${encodePointerKey(field)}`),
  );
}

function isComposed(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** An object with only `env` or only `file`; `null` for anything else. */
function asReference(value: object): SecretReference | null {
  const [[key, name] = [], ...more] = Object.entries(value);
  if (more.length > 0 || typeof name !== "string") return null;
  if (key === "env") return { env: name };
  return key === "file" ? { file: name } : null;
}
