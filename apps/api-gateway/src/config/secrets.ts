import { readFileSync } from "node:fs";
import type { SecretReference } from "../model/config/secret-reference.ts";
import { unreadableFile } from "../model/config/unreadable-file.ts";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The secret behind a reference. @throws Error saying where it was looked for, never what was found. */
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
