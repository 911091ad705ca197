import type { TSchema } from "@sinclair/typebox";

/** The fields that a config must contain: those that are required and have no default. */
export function requiredFields(schema: TSchema): readonly string[] {
  const required: readonly string[] = schema["required"] ?? [];
  return required.filter((name) => schema["properties"]?.[name]?.default === undefined);
}
