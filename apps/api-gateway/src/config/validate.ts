import type { TSchema } from "@sinclair/typebox";
import { Value, type ValueError, ValueErrorType } from "@sinclair/typebox/value";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import { describe, isSecret, show } from "./describe-schema.ts";
import { findNestedField } from "./suggestions/find-nested-field.ts";
import { otherType, otherWord } from "./suggestions/other-words.ts";
import { settingElsewhere } from "./suggestions/settings-elsewhere.ts";
import { suggestShape } from "./suggestions/suggest-shape.ts";
import { suggestValue } from "./suggestions/suggest-value.ts";
import { nearestWord } from "./suggestions/nearest-word.ts";
import { typeOf, typesOf, variantFor, variantsOf } from "./typed-union.ts";
import { decodePointerKey } from "../model/config/json-pointer.ts";

/** More are of no use, and each takes more memory than the value it describes. */
const issuesMax = 10_000;

/**
 * All issues of `value` against `schema`, with paths that start at `base`. An issue's `expected` is generated from the schema at its path.
 * At most `issuesMax`.
 */
export function validate(schema: TSchema, value: unknown, base: string): ConfigIssue[] {
  const issues = new Map<string, ConfigIssue>();
  for (const error of Value.Errors(schema, value)) {
    if (issues.size >= issuesMax) break;
    for (const issue of issuesOf(error, base)) {
      // A missing field is reported twice, as absent and as of the wrong type: the first is enough.
      if (!issues.has(issue.path)) issues.set(issue.path, issue);
    }
  }
  return [...issues.values()];
}

function issuesOf(error: ValueError, base: string): ConfigIssue[] {
  const path = base + error.path;
  const { schema, value } = error;
  const name = fieldOf(path);
  if (error.type === ValueErrorType.ObjectRequiredProperty) {
    return [{ path, message: `"${name}" is missing`, expected: describe(schema) }];
  }
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    const [pattern] = Object.keys(schema["patternProperties"] ?? {});
    if (pattern !== undefined) return [misnamed(name, pattern, path)];
    return [unknownField(schema, name, path)];
  }
  if (error.type === ValueErrorType.Union) {
    // Missing fields are reported separately.
    return value === undefined ? [] : issuesOfUnion(schema, value, path);
  }
  return [issueOf(schema, value, path)];
}

function fieldOf(path: string): string {
  return decodePointerKey(path.split("/").at(-1) ?? "");
}

function unknownField(schema: TSchema, name: string, path: string): ConfigIssue {
  const known = Object.keys(schema["properties"] ?? {});
  const likely =
    settingElsewhere(path) ??
    findNestedField(schema, name) ??
    otherWord(name, known) ??
    further(schema, name);
  const suggestion = spaced(name, known) ?? nearestWord(name, known) ?? likely;
  const expected = known.length === 0 ? "no fields" : `one of ${known.join(", ")}`;
  const message = `"${name}" is not known here`;
  return { path, message, expected, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** `strip_prefix` is `stripPrefix`, wherever that stands. */
function further(schema: TSchema, name: string): string | undefined {
  return findNestedField(
    schema,
    name.replaceAll(/[-_]+([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

/** Without a space after the colon, YAML reads `service:shop` as a name without a value. */
function spaced(name: string, known: readonly string[]): string | undefined {
  const [, field = "", value] = /^([^:]+):(.+)$/.exec(name) ?? [];
  return known.includes(field) ? `${field}: ${value}` : undefined;
}

/** An entry with an invalid name. */
function misnamed(name: string, pattern: string, path: string): ConfigIssue {
  const lower = name.toLowerCase();
  const likely = new RegExp(pattern).test(lower) ? { suggestion: lower } : {};
  return {
    path,
    message: `${JSON.stringify(name)} is not a valid name`,
    expected: `one that matches ${pattern}`,
    ...likely,
  };
}

function issueOf(schema: TSchema, value: unknown, path: string): ConfigIssue {
  const expected = withFields(describe(schema), schema);
  if (value === null) return { path, message: "the value is missing", expected, ...indented(schema) };
  // a constant is stated as what is expected
  const likely = "const" in schema ? undefined : suggestValue(schema, value, fieldOf(path));
  const suggestion = likely ?? likelyWord(schema, value) ?? suggestShape(schema, value);
  if (namesVariable(value))
    return { path, message: `${show(value)} is invalid`, expected: `${expected}: ${noVariables}` };
  const message = `${mayBeSecret(schema, value) ? "this text" : show(value)} is invalid`;
  return { path, message, expected, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** A text in place of an object that has a secret. */
function mayBeSecret({ properties }: TSchema, value: unknown): boolean {
  return typeof value === "string" && Object.values<TSchema>(properties ?? {}).some(isSecret);
}

/** If something else replaces an object, the issue lists only its first fields. */
function withFields(description: string, schema: TSchema): string {
  const names = Object.keys(schema["properties"] ?? {});
  return description === "an object" && names.length > 0
    ? `an object with fields such as ${names.slice(0, 3).join(", ")}`
    : description;
}

const noVariables = "no variables are filled in; overlays and TypeScript configs tell environments apart";

/** `${NAME}`, as shells and other products write it. Only secrets are read from variables. */
function namesVariable(value: unknown): boolean {
  return typeof value === "string" && /\$\{[A-Za-z_]\w*/.test(value);
}

/** `services:` with entries at its own indentation is parsed as separate fields, and the first one is empty. */
function indented({ type }: TSchema): { suggestion?: string } {
  return type === "object" || type === "array" ? { suggestion: "to indent what follows" } : {};
}

/** Issues of an entry with a known type are those of that type; others list the known types. */
function issuesOfUnion(schema: TSchema, value: unknown, path: string): ConfigIssue[] {
  if (isSecret(schema)) return [noReference(schema, value, path)];
  const variant = variantFor(schema, value);
  if (variant !== null) return validate(variant, value, path);
  if (schema["discriminator"] === undefined) return [issueOf(schema, value, path)];
  const type = typeOf(value);
  const known = typesOf(schema);
  const kind = String(schema["kind"]);
  if (typeof type !== "string") {
    const expected = `one of ${known.join(", ")}`;
    return [
      {
        path: `${path}/type`,
        message: `the ${kind.replace(/ type$/, "")} has no type`,
        expected,
        ...typed(kind, value, known),
      },
    ];
  }
  const message = `the ${kind} ${JSON.stringify(type)} does not exist`;
  const suggestion = otherType(kind, type) ?? nearestWord(type, known);
  const expected = `one of ${known.join(", ")}`;
  return [{ path: `${path}/type`, message, expected, ...(suggestion === undefined ? {} : { suggestion }) }];
}

/** The value is not shown, because it may be the secret itself, unless it is a shell variable. */
function noReference(schema: TSchema, value: unknown, path: string): ConfigIssue {
  const [, variable] = typeof value === "string" ? (/^\$\{([A-Z_][A-Z0-9_]*)\}$/.exec(value) ?? []) : [];
  const suggestion = variable === undefined ? {} : { suggestion: `{ env: ${variable} }` };
  return { path, message: "this is not a reference to a secret", expected: describe(schema), ...suggestion };
}

/** `- cors` and `- cors: { ... }` are the forms of other products. */
function typed(kind: string, value: unknown, known: readonly string[]): { suggestion?: string } {
  const [word, more] = typeof value === "string" ? [value] : Object.keys(Object(value));
  if (word === undefined || more !== undefined) return {};
  const type = otherType(kind, word) ?? nearestWord(word, known);
  if (type === undefined) return {};
  if (!known.includes(type)) return { suggestion: type };
  return { suggestion: typeof value === "string" ? `{ type: ${type} }` : `{ type: ${type}, ... }` };
}

function likelyWord(schema: TSchema, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const words = variantsOf(schema).flatMap((variant) =>
    typeof variant["const"] === "string" ? [variant["const"]] : [],
  );
  const lower = value.toLowerCase();
  return nearestWord(value, words) ?? words.find((word) => word.length > 1 && lower.startsWith(word));
}
