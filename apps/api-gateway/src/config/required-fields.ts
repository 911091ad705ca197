import type { TSchema } from "@sinclair/typebox";

/** The fields that a config must spell out: those required and without a default. */
export function requiredFields(schema: TSchema): readonly string[] {
  const required: readonly string[] = schema["required"] ?? [];
  return required.filter((name) => schema["properties"]?.[name]?.default === undefined);
}
