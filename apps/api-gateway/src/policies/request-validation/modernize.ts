import { isRecord } from "@libs/json";
import type { JsonSchema } from "./compile-schema.ts";

/**
 * Converts the schemas of an OpenAPI 3.0 description to JSON Schema: `nullable` becomes a type, and exclusive bounds become numbers.
 * Everything else is the same, or irrelevant for validation.
 */
export function modernize(document: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, rewrite(value)]));
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (!isRecord(value)) return value;
  const { nullable, exclusiveMinimum, exclusiveMaximum, ...rest } = modernize(value);
  return {
    ...rest,
    ...bound("Minimum", exclusiveMinimum, rest["minimum"]),
    ...bound("Maximum", exclusiveMaximum, rest["maximum"]),
    ...(nullable === true ? nullableOf(rest) : {}),
  };
}

function bound(name: string, exclusive: unknown, limit: unknown): JsonSchema {
  if (exclusive === undefined || exclusive === false) return {};
  if (exclusive !== true) return { [`exclusive${name}`]: exclusive };
  return { [`exclusive${name}`]: limit, [name.toLowerCase()]: undefined };
}

function nullableOf({ type, enum: values }: JsonSchema): JsonSchema {
  return {
    ...(typeof type === "string" ? { type: [type, "null"] } : {}),
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  };
}
