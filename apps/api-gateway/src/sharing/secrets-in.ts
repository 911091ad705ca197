import { createHash } from "node:crypto";
import { isRecord } from "@libs/json";
import type { ReadSecret, SecretReference } from "../model/config/secret-reference.ts";

/**
 * A digest of what the secrets of a config entry hold now, `""` where it has none: part of the key of what is shared over reloads, so
 * that a secret which was replaced where its reference leads is taken up by the next one. Throws where one cannot be read.
 */
export function secretsIn(entry: unknown, readSecret: ReadSecret): string {
  const secrets = referencesIn(entry).map(readSecret);
  if (secrets.length === 0) return "";
  return createHash("sha256").update(JSON.stringify(secrets)).digest("base64url");
}

/** A reference is all that consists of an `env` or a `file`. */
function referencesIn(value: unknown): readonly SecretReference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  const [first, second] = Object.entries(value);
  if (second === undefined && typeof first?.[1] === "string") {
    if (first[0] === "env") return [{ env: first[1] }];
    if (first[0] === "file") return [{ file: first[1] }];
  }
  return Object.values(value).flatMap(referencesIn);
}
