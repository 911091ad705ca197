import type { TSchema } from "@sinclair/typebox";
import { Value, type ValueError, ValueErrorType } from "@sinclair/typebox/value";
import type { ConfigIssue } from "../model/config-issue.ts";
import { nearestWord } from "./nearest-word.ts";

/**
 * Every place where `value` differs from `schema`, paths from `base` on. Schemas describe themselves: an issue's `expected`
 * is made from the schema at that place.
 */
export function validate(schema: TSchema, value: unknown, base: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const seen = new Set<string>();
  for (const error of Value.Errors(schema, value)) {
    const path = base + error.path;
    // A missing field is told by its absence and again by its type: the first says it all.
    if (seen.has(path)) continue;
    seen.add(path);
    issues.push(toIssue(error, path, schema));
  }
  return issues;
}

function toIssue(error: ValueError, path: string, root: TSchema): ConfigIssue {
  const name = decodePointer(error.path.split("/").at(-1) ?? "");
  if (error.type === ValueErrorType.ObjectRequiredProperty) {
    return { path, message: `"${name}" is missing`, expected: describe(error.schema) };
  }
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    const known = knownKeys(root, error.path);
    const suggestion = nearestWord(name, known);
    const expected = known.length === 0 ? "no fields" : `one of ${known.join(", ")}`;
    return {
      path,
      message: `"${name}" is not known here`,
      expected,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
  return { path, message: `${show(error.value)} does not fit`, expected: describe(error.schema) };
}

/** The keys of the object that holds the place at `path`, found by walking the schema down. */
function knownKeys(root: TSchema, path: string): string[] {
  let schema: TSchema | undefined = root;
  for (const key of path.split("/").slice(1, -1)) {
    const next: unknown =
      schema?.["properties"]?.[decodePointer(key)] ??
      schema?.["items"] ??
      Object.values(schema?.["patternProperties"] ?? {})[0];
    schema = isSchema(next) ? next : undefined;
  }
  return Object.keys(schema?.["properties"] ?? {});
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === "object" && value !== null;
}

/** What a schema asks for, in words. */
export function describe(schema: TSchema): string {
  const { type, anyOf } = schema;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(anyOf)) return anyOf.filter(isSchema).map(describe).join(" or ");
  if (type === "integer" || type === "number")
    return `${type === "integer" ? "a whole number" : "a number"}${range(schema)}`;
  if (type === "string")
    return schema["pattern"] === undefined ? "a text" : `a text that matches ${schema["pattern"]}`;
  if (type === "array") return `a list${schema["minItems"] === 1 ? " of at least one" : ""}`;
  if (type === "boolean") return "true or false";
  return "an object";
}

function range({ minimum, maximum }: TSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

/** A value as it stands in the file, shortened. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function decodePointer(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** A key as a part of a JSON Pointer (RFC 6901). */
export function encodePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
