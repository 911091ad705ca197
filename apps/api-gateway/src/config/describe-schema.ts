import type { TSchema } from "@sinclair/typebox";
import { requiredFields } from "./required-fields.ts";
import { isSchema, typesOf } from "./typed-union.ts";

/** Longer lists of names are left to the reference page. */
const namesMax = 4;

/** What a schema accepts, in words. */
export function describe(schema: TSchema): string {
  const { type, anyOf } = schema;
  if (isSecret(schema)) return "{ env: NAME } or { file: PATH }";
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (schema["discriminator"] !== undefined) return describeEntry(schema);
  if (Array.isArray(anyOf)) return describeVariants(anyOf.filter(isSchema));
  if (type === "integer" || type === "number")
    return `${type === "integer" ? "a whole number" : "a number"}${range(schema)}`;
  if (type === "string") return describeText(schema);
  if (type === "array") return `a list${items(schema)}${each(schema)}`;
  if (type === "boolean") return "true or false";
  if (type === "null") return "null";
  return describeObject(schema);
}

function describeEntry(schema: TSchema): string {
  return `an entry with a type: ${typesOf(schema).join(", ")}${suchAs(schema)}`;
}

function suchAs({ examples }: TSchema): string {
  return Array.isArray(examples) ? `, such as ${JSON.stringify(examples[0])}` : "";
}

function describeObject(schema: TSchema): string {
  const [entry] = Object.values(schema["patternProperties"] ?? {});
  if (isSchema(entry) && ("type" in entry || "anyOf" in entry)) return "entries by name";
  const needed = requiredFields(schema);
  if (needed.length > 0) return `an object with ${needed.join(" and ")}${suchAs(schema)}`;
  const names = Object.keys(schema["properties"] ?? {});
  return names.length === 0 || names.length > namesMax
    ? "an object"
    : `an object that may have ${names.join(", ")}`;
}

/** The accepted list entries, unless they are objects with a description of their own. */
function each({ items: schema }: TSchema): string {
  if (!isSchema(schema) || (schema["type"] === "object" && requiredFields(schema).length === 0)) return "";
  const entry = describe(schema);
  return entry === "a string" || entry === "a string that is not empty" ? "" : `, each ${entry}`;
}

/** Whether the schema is that of a reference to a secret (`secretSchema`). */
export function isSecret({ anyOf = [] }: TSchema): boolean {
  return (anyOf as readonly TSchema[]).some((one) => one["properties"]?.env !== undefined);
}

function describeVariants(variants: readonly TSchema[]): string {
  return [...new Set(variants.map(describe))].join(" or ");
}

function describeText({ pattern, minLength, maxLength, examples }: TSchema): string {
  const such = Array.isArray(examples) ? ` such as ${examples.join(" or ")},` : "";
  if (pattern === "^/") return `a string${such} that begins with /`;
  if (pattern !== undefined) return `a string${such} that matches ${pattern}`;
  if (maxLength !== undefined) return `a string of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === undefined ? "a string" : "a string that is not empty";
}

function items({ minItems, maxItems }: TSchema): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} entries`;
  if (minItems !== undefined) return ` of at least ${minItems === 1 ? "one" : minItems}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems} entries`;
}

function range({ minimum, maximum }: TSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

/** A value as written in the file, shortened, and without the password of a URL. */
export function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? "nothing").replaceAll(/(\/\/[^/@\s:"]*:)[^/@\s"]*@/g, "$1***@");
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
