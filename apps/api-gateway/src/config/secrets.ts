import { readFileSync } from "node:fs";
import type { SecretReference } from "../model/config/secret-reference.ts";
import { unreadableFile } from "../model/config/unreadable-file.ts";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the secret of a reference.
 * @throws Error that states where it was expected, never its value.
 */
export function resolveSecret(reference: SecretReference, { env }: SecretSources): string {
  if ("env" in reference) {
    const value = env[reference.env];
    if (value === undefined || value === "")
      throw new Error(`the environment variable ${reference.env} is not set`);
    return value;
  }
  try {
    return readFileSync(reference.file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw unreadableFile(reference.file, cause);
  }
}
