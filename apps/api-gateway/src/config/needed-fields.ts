import type { TSchema } from "@sinclair/typebox";

/** The fields that an object must be given: those that have no default. */
export function neededFields(schema: TSchema): readonly string[] {
  const required: readonly string[] = schema["required"] ?? [];
  return required.filter((name) => schema["properties"]?.[name]?.default === undefined);
}
