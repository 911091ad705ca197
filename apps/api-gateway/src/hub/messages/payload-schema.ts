import { type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { firstOfEachPath, type InputIssue } from "@libs/errors";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { isRecord } from "@libs/json";

/** Checks a payload: `null` if it is valid, otherwise its issues. */
export type PayloadCheck = (payload: unknown) => readonly InputIssue[] | null;

type Schema = Readonly<Record<string, unknown>>;

/** The supported keywords of each type; others are refused at load, not ignored. */
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

/** Compiles a JSON Schema of the config, or returns everything in it that is not supported. */
export function compilePayloadSchema(schema: Schema): PayloadCheck | ConfigIssue[] {
  const converter = new SchemaConverter();
  const converted = converter.convert(schema, "");
  if (converter.issues.length > 0) return converter.issues;
  const check = TypeCompiler.Compile(converted);
  return (payload) => {
    if (check.Check(payload)) return null;
    return firstOfEachPath(check.Errors(payload), issuesMax);
  };
}

/** Collects all issues of a schema, and replaces each unsupported part with a schema that accepts nothing. */
class SchemaConverter {
  readonly issues: ConfigIssue[] = [];

  convert(schema: unknown, path: string): TSchema {
    if (!isRecord(schema) || path.split("/").length > depthMax * 2) {
      return this.#refuse(path, "this is no schema");
    }
    const { type, anyOf } = schema;
    if ("const" in schema) return this.#convertLiterals([schema["const"]], `${path}/const`);
    if (Array.isArray(schema["enum"])) return this.#convertLiterals(schema["enum"], `${path}/enum`);
    if (Array.isArray(anyOf))
      return Type.Union(anyOf.map((one, index) => this.convert(one, `${path}/anyOf/${index}`)));
    const allowed = typeof type === "string" && Object.hasOwn(keywords, type) ? keywords[type] : undefined;
    if (typeof type !== "string" || allowed === undefined) {
      return this.#refuse(
        `${path}/type`,
        `${JSON.stringify(type)} is not supported`,
        Object.keys(keywords).join(", "),
      );
    }
    const known = [...everywhere, ...allowed];
    for (const key of Object.keys(schema)) {
      if (!known.includes(key))
        this.#refuse(`${path}/${key}`, `${key} is not supported for ${type}`, known.join(", "));
    }
    return this.#convertType(type, schema, path);
  }

  #convertType(type: string, schema: Schema, path: string): TSchema {
    const options = pick(schema, keywords[type] ?? []);
    switch (type) {
      case "object":
        return this.#convertObject(schema, path);
      case "array":
        return Type.Array(
          "items" in schema ? this.convert(schema["items"], `${path}/items`) : Type.Unknown(),
          options,
        );
      case "string":
        return isPattern(schema["pattern"])
          ? Type.String(options)
          : this.#refuse(`${path}/pattern`, "this is no regular expression");
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

  #convertObject(schema: Schema, path: string): TSchema {
    const { properties = {}, required = [], additionalProperties = true } = schema;
    if (!isRecord(properties) || !Array.isArray(required) || typeof additionalProperties !== "boolean") {
      return this.#refuse(
        path,
        "properties is an object, required a list, additionalProperties true or false",
      );
    }
    const members = Object.entries(properties).map(([name, inner]): [string, TSchema] => {
      const converted = this.convert(inner, `${path}/properties/${name}`);
      return [name, required.includes(name) ? converted : Type.Optional(converted)];
    });
    for (const name of required) {
      if (typeof name !== "string" || !Object.hasOwn(properties, name)) {
        this.#refuse(`${path}/required`, `${JSON.stringify(name)} is not one of the properties`);
      }
    }
    const options = pick(schema, ["minProperties", "maxProperties"]);
    return Type.Object(Object.fromEntries(members), { ...options, additionalProperties });
  }

  #convertLiterals(values: readonly unknown[], path: string): TSchema {
    const literals = values.map((value) => {
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
        return Type.Literal(value);
      return value === null
        ? Type.Null()
        : this.#refuse(path, "only texts, numbers, true, false and null can be compared");
    });
    return Type.Union(literals);
  }

  #refuse(path: string, message: string, expected?: string): TSchema {
    this.issues.push(expected === undefined ? { path, message } : { path, message, expected });
    return Type.Never();
  }
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
