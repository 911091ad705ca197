import type { TSchema } from "@sinclair/typebox";
import { isSchema, variantFor } from "./typed-union.ts";

/**
 * The value with every absent field that has a default filled in, at any depth, objects by name and lists included. Nothing
 * that is there is changed, repaired or removed: checking is someone else's. The input is not touched.
 */
export function fillDefaults(schema: TSchema, value: unknown): unknown {
  const given = value === undefined ? structuredClone(schema.default) : value;
  if (Array.isArray(given)) {
    const items: unknown = schema["items"];
    return isSchema(items) ? given.map((item) => fillDefaults(items, item)) : given;
  }
  if (typeof given !== "object" || given === null) return given;
  return fillObject(variantFor(schema, given) ?? schema, given);
}

function fillObject(schema: TSchema, given: object): object {
  const filled: Record<string, unknown> = { ...given };
  for (const [key, property] of Object.entries(schema["properties"] ?? {})) {
    if (!isSchema(property)) continue;
    const value = fillDefaults(property, filled[key]);
    if (value !== undefined) filled[key] = value;
  }
  const [values] = Object.values(schema["patternProperties"] ?? {});
  if (isSchema(values))
    for (const key of Object.keys(filled)) filled[key] = fillDefaults(values, filled[key]);
  return filled;
}
