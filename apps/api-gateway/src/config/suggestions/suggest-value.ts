import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { fillDefaults } from "../fill-defaults.ts";
import { suggestPath } from "./suggest-path.ts";
import { requiredFields } from "../required-fields.ts";

/** Longer strings are not misspelt values. */
const textMax = 200;

/**
 * The value most likely meant by one that the schema rejects, as JSON; `undefined` where no reading of it is valid. Tries, in order, a
 * number in quotes, a duration or size with its unit, one entry for a list of entries, an address without its scheme, and more.
 * `field` is the field's name, whose suffix (`Ms`, `Bytes`) decides what a unit converts to.
 */
export function suggestValue(schema: TSchema, value: unknown, field: string): string | undefined {
  for (const candidate of candidates(schema, value, field)) {
    if (Value.Check(schema, fillDefaults(schema, candidate))) return JSON.stringify(candidate);
  }
  return undefined;
}

function* candidates(schema: TSchema, value: unknown, field: string): Generator {
  if (typeof value === "string" && value.length <= textMax) {
    const text = value.trim();
    if (text !== value) yield text;
    yield* readings(text, field);
  }
  if (typeof value === "number" || typeof value === "boolean") yield String(value);
  if (Array.isArray(value) && value.length === 1) yield value[0];
  const { items } = schema;
  if (items !== undefined && value !== null && !Array.isArray(value)) {
    yield [value];
    for (const entry of candidates(items, value, field)) yield [entry];
  }
  if (typeof value === "string" && schema["properties"]?.path !== undefined) yield { path: value };
  const required = onlyRequired(schema);
  if (required !== undefined && !isObject(value)) {
    yield { [required]: value };
    for (const inner of candidates(schema["properties"][required], value, required))
      yield { [required]: inner };
  }
}

function* readings(text: string, field: string): Generator {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) yield Number(text);
  yield* measures(text, field);
  if (/^(?:true|yes|on)$/i.test(text)) yield true;
  if (/^(?:false|no|off)$/i.test(text)) yield false;
  yield text.toUpperCase();
  yield text.toLowerCase();
  const path = suggestPath(text);
  if (path !== null) yield path;
  yield `http://${text}`;
  if (/^https?:/.test(text) && URL.canParse(text)) {
    yield new URL(text).origin;
    yield new URL(text).hostname;
  }
  yield text.replace(/:\d+$/, "");
  yield text.toLowerCase().replace(/:\d+$/, "");
  yield text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const powers = ["b", "k", "m", "g", "t"];

/** `5s` under `connectMs` is 5000, `10MB` under `bodyBytesMax` is 10485760: the field's name carries the unit. */
function* measures(text: string, field: string): Generator {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text) ?? [];
  if (amount === undefined) return;
  const worth = milliseconds[unit.toLowerCase()];
  if (worth !== undefined && /Ms(?:Max|Min)?$/.test(field)) yield Number(amount) * worth;
  if (worth !== undefined && field.endsWith("Seconds")) yield (Number(amount) * worth) / 1000;
  const power = powers.indexOf(unit.toLowerCase().replace(/(?<=[kmgt])i?b$/, ""));
  if (power !== -1 && /[bB]ytes/.test(field)) yield Number(amount) * 1024 ** power;
}

/** The object's only required field, where it has exactly one. */
function onlyRequired(schema: TSchema): string | undefined {
  const [first, second] = requiredFields(schema);
  return second === undefined ? first : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
