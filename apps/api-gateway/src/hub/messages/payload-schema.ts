import { type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { firstOfEachPath, type InputIssue } from "@libs/errors";
import type { ConfigIssue } from "../../model/config-issue.ts";
import { isRecord } from "@libs/json";

/** Judges payloads: `null` where one fits, else what is wrong with it. */
export type PayloadCheck = (payload: unknown) => readonly InputIssue[] | null;

type Schema = Readonly<Record<string, unknown>>;

/** The keywords that each type may have; any other is refused at load rather than passed over. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
  array: ["items", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "pattern"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  boolean: [],
  null: [],
};
const everywhere = ["type", "title", "description", "default", "examples"];
const issuesMax = 10;
const depthMax = 32;

/** A JSON Schema of the config as compiled code, or everything in it that is not understood. */
export function compilePayloadSchema(schema: Schema): PayloadCheck | ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const converted = convert(schema, "", issues);
  if (issues.length > 0) return issues;
  const check = TypeCompiler.Compile(converted);
  return (payload) => {
    if (check.Check(payload)) return null;
    return firstOfEachPath(check.Errors(payload), issuesMax);
  };
}

function convert(schema: unknown, path: string, issues: ConfigIssue[]): TSchema {
  if (!isRecord(schema) || path.split("/").length > depthMax * 2) {
    return refuse(issues, path, "this is no schema");
  }
  const { type, anyOf } = schema;
  if ("const" in schema) return convertLiterals([schema["const"]], `${path}/const`, issues);
  if (Array.isArray(schema["enum"])) return convertLiterals(schema["enum"], `${path}/enum`, issues);
  if (Array.isArray(anyOf))
    return Type.Union(anyOf.map((one, index) => convert(one, `${path}/anyOf/${index}`, issues)));
  const allowed = typeof type === "string" && Object.hasOwn(keywords, type) ? keywords[type] : undefined;
  if (typeof type !== "string" || allowed === undefined) {
    return refuse(
      issues,
      `${path}/type`,
      `${JSON.stringify(type)} is not supported`,
      Object.keys(keywords).join(", "),
    );
  }
  const known = [...everywhere, ...allowed];
  for (const key of Object.keys(schema)) {
    if (!known.includes(key))
      refuse(issues, `${path}/${key}`, `${key} is not supported for ${type}`, known.join(", "));
  }
  return convertType(type, schema, path, issues);
}

function convertType(type: string, schema: Schema, path: string, issues: ConfigIssue[]): TSchema {
  const options = pick(schema, keywords[type] ?? []);
  switch (type) {
    case "object":
      return convertObject(schema, path, issues);
    case "array":
      return Type.Array(
        "items" in schema ? convert(schema["items"], `${path}/items`, issues) : Type.Unknown(),
        options,
      );
    case "string":
      return isPattern(schema["pattern"])
        ? Type.String(options)
        : refuse(issues, `${path}/pattern`, "this is no regular expression");
    case "number":
      return Type.Number(options);
    case "integer":
      return Type.Integer(options);
    case "boolean":
      return Type.Boolean();
    default:
      return Type.Null();
  }
}

function convertObject(schema: Schema, path: string, issues: ConfigIssue[]): TSchema {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  if (!isRecord(properties) || !Array.isArray(required) || typeof additionalProperties !== "boolean") {
    return refuse(
      issues,
      path,
      "properties is an object, required a list, additionalProperties true or false",
    );
  }
  const members = Object.entries(properties).map(([name, inner]): [string, TSchema] => {
    const converted = convert(inner, `${path}/properties/${name}`, issues);
    return [name, required.includes(name) ? converted : Type.Optional(converted)];
  });
  for (const name of required) {
    if (typeof name !== "string" || !Object.hasOwn(properties, name)) {
      refuse(issues, `${path}/required`, `${JSON.stringify(name)} is not one of the properties`);
    }
  }
  const options = pick(schema, ["minProperties", "maxProperties"]);
  return Type.Object(Object.fromEntries(members), { ...options, additionalProperties });
}

function convertLiterals(values: readonly unknown[], path: string, issues: ConfigIssue[]): TSchema {
  const literals = values.map((value) => {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return Type.Literal(value);
    return value === null
      ? Type.Null()
      : refuse(issues, path, "only texts, numbers, true, false and null can be compared");
  });
  return Type.Union(literals);
}

function refuse(issues: ConfigIssue[], path: string, message: string, expected?: string): TSchema {
  issues.push(expected === undefined ? { path, message } : { path, message, expected });
  return Type.Never();
}

function pick(schema: Schema, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => names.includes(key) && key !== "items"));
}

function isPattern(pattern: unknown): boolean {
  if (pattern === undefined) return true;
  if (typeof pattern !== "string") return false;
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
