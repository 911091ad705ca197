import { readFileSync } from "node:fs";
import type { Static } from "@sinclair/typebox";
import type { SecretReference } from "./schema.ts";

export type SecretReferenceValue = Static<typeof SecretReference>;

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The secret behind a reference. @throws Error saying where it was looked for, never what was found. */
export function resolveSecret(reference: SecretReferenceValue, { env }: SecretSources): string {
  if (typeof reference === "string") return reference;
  if ("env" in reference) {
    const value = env[reference.env];
    if (value === undefined || value === "")
      throw new Error(`the environment variable ${reference.env} is not set`);
    return value;
  }
  try {
    return readFileSync(reference.file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new Error(`the file ${reference.file} cannot be read`, { cause });
  }
}
