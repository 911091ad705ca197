import type { TSchema } from "@sinclair/typebox";
import { isSchema, variantFor } from "./typed-union.ts";

/**
 * The value with all absent defaults filled in, at any depth, including named entries and lists, and with fields in the order of the schema:
 * what lives on through reloads is told apart by its settings as text. Changes, repairs and removes nothing else, and does not modify its
 * input.
 */
export function fillDefaults(schema: TSchema, value: unknown): unknown {
  const given = value === undefined ? defaultOf(schema) : value;
  if (Array.isArray(given)) {
    const items: unknown = schema["items"];
    return isSchema(items) ? given.map((item) => fillDefaults(items, item)) : given;
  }
  if (typeof given !== "object" || given === null) return given;
  return fillObject(variantFor(schema, given) ?? schema, given);
}

/** A copy of its own for each use. */
function defaultOf({ default: value }: TSchema): unknown {
  return typeof value === "object" ? structuredClone(value) : value;
}

function fillObject(schema: TSchema, given: object): object {
  const known: Record<string, unknown> = {};
  const properties: object = schema["properties"] ?? {};
  // not its entries, which are an array of arrays for each object of a config
  for (const key of Object.keys(properties)) {
    const property: unknown = Reflect.get(properties, key);
    if (!isSchema(property)) continue;
    const value = fillDefaults(property, Reflect.get(given, key));
    if (value !== undefined) known[key] = value;
  }
  const filled: Record<string, unknown> = { ...known, ...given, ...known };
  const [values] = Object.values(schema["patternProperties"] ?? {});
  if (isSchema(values))
    for (const key of Object.keys(filled)) filled[key] = fillDefaults(values, filled[key]);
  return filled;
}
