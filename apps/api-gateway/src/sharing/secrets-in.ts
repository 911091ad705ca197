import { createHash } from "node:crypto";
import { isRecord } from "@libs/json";
import type { ReadSecret, SecretReference } from "../model/config/secret-reference.ts";

/**
 * A digest of the current secrets of a config entry, `""` without any. Part of the key of parts that are shared across reloads, so that the
 * next reload picks up a secret that was replaced under its reference. Throws if one cannot be read.
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
