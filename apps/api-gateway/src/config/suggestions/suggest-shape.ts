import type { TSchema } from "@sinclair/typebox";
import { isRecord } from "@libs/json";
import { typesOf } from "../typed-union.ts";
import { nearestWord } from "./nearest-word.ts";

/**
 * Suggests the other form for entries by name in place of a list, and vice versa, with the first entry as an example; `undefined` for other
 * values.
 */
export function suggestShape(schema: TSchema, value: unknown): string | undefined {
  if (schema["type"] === "array" && isRecord(value)) return listed(schema["items"], value);
  if (schema["patternProperties"] !== undefined && Array.isArray(value)) return named(value[0]);
  return undefined;
}

function listed(items: TSchema, value: Readonly<Record<string, unknown>>): string | undefined {
  const [first] = Object.keys(value);
  if (first === undefined || !Object.values(value).every(isRecord)) return undefined;
  if (items["discriminator"] !== undefined) {
    const type = nearestWord(first, typesOf(items));
    return type === undefined ? undefined : `[{ type: ${type}, ... }]`;
  }
  return items["properties"]?.id === undefined ? undefined : `[{ id: ${first}, ... }]`;
}

function named(entry: unknown): string | undefined {
  if (!isRecord(entry)) return undefined;
  const name = entry["name"] ?? entry["id"];
  return typeof name === "string" ? `{ ${name}: { ... } }` : undefined;
}
