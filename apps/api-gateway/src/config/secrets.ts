import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { SecretReference } from "../model/config/secret-reference.ts";
import { unreadableFile } from "../model/config/unreadable-file.ts";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the secret of a reference.
 * @throws Error that states where it was expected, never its value, where it is missing or empty.
 */
export function resolveSecret(reference: SecretReference, { env }: SecretSources): string {
  if ("env" in reference) {
    const value = env[reference.env];
    if (value === undefined || isBlank(value))
      throw new Error(`the environment variable ${reference.env} is not set`);
    return value;
  }
  const text = readText(reference.file);
  if (isBlank(text)) throw new Error(`the file ${resolve(reference.file)} is empty`);
  return text.replace(/\r?\n$/, "");
}

/** A file is empty for a moment while it is written; TLS would take no authorities for the system's, a password of none for an empty one. */
function isBlank(text: string): boolean {
  return text.trim() === "";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw unreadableFile(file, cause);
  }
}
