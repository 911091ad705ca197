import type { TSchema } from "@sinclair/typebox";
import { Value, type ValueError, ValueErrorType } from "@sinclair/typebox/value";
import type { ConfigIssue } from "../model/config-issue.ts";
import { describe, isSecret, show } from "./describe-schema.ts";
import { nearestWord } from "./nearest-word.ts";
import { variantFor, variantsOf } from "./typed-union.ts";

/**
 * Every place where `value` differs from `schema`, paths from `base` on. Schemas describe themselves: an issue's `expected`
 * is made from the schema at that place.
 */
export function validate(schema: TSchema, value: unknown, base: string): ConfigIssue[] {
  const issues = new Map<string, ConfigIssue>();
  for (const error of Value.Errors(schema, value)) {
    for (const issue of issuesOf(error, base)) {
      // A missing field is told by its absence and again by its type: the first says it all.
      if (!issues.has(issue.path)) issues.set(issue.path, issue);
    }
  }
  return [...issues.values()];
}

function issuesOf(error: ValueError, base: string): ConfigIssue[] {
  const path = base + error.path;
  const { schema, value } = error;
  const name = decodePointer(error.path.split("/").at(-1) ?? "");
  if (error.type === ValueErrorType.ObjectRequiredProperty) {
    return [{ path, message: `"${name}" is missing`, expected: describe(schema) }];
  }
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    const known = Object.keys(schema["properties"] ?? {});
    return [{ path, message: `"${name}" is not known here`, ...choices(name, known, "no fields") }];
  }
  if (error.type === ValueErrorType.Union) {
    // What is missing has been told as missing.
    return value === undefined ? [] : issuesOfUnion(schema, value, path);
  }
  return [{ path, message: `${show(value)} does not fit`, expected: describe(schema) }];
}

/** An entry that names its type is told what is wrong with it as one of that type, others what types there are. */
function issuesOfUnion(schema: TSchema, value: unknown, path: string): ConfigIssue[] {
  // whatever stands there may be the secret itself
  if (isSecret(schema))
    return [{ path, message: "this is no reference to a secret", expected: describe(schema) }];
  const variant = variantFor(schema, value);
  if (variant !== null) return validate(variant, value, path);
  if (schema["discriminator"] === undefined) {
    return [
      {
        path,
        message: `${show(value)} does not fit`,
        expected: describe(schema),
        ...suggestWord(schema, value),
      },
    ];
  }
  const type: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "type") : undefined;
  const known = variantsOf(schema).map((one) => String(one["properties"]?.type?.const));
  const kind = String(schema["kind"]);
  if (typeof type !== "string")
    return [
      { path: `${path}/type`, message: `the ${kind} has no type`, expected: `one of ${known.join(", ")}` },
    ];
  const message = `the ${kind} ${JSON.stringify(type)} does not exist`;
  return [{ path: `${path}/type`, message, ...choices(type, known, "none") }];
}

function suggestWord(schema: TSchema, value: unknown): { suggestion?: string } {
  if (typeof value !== "string") return {};
  const words = variantsOf(schema).flatMap((variant) =>
    typeof variant["const"] === "string" ? [variant["const"]] : [],
  );
  const suggestion = nearestWord(value, words);
  return suggestion === undefined ? {} : { suggestion };
}

function choices(
  word: string,
  known: readonly string[],
  none: string,
): { expected: string; suggestion?: string } {
  const suggestion = nearestWord(word, known);
  return {
    expected: known.length === 0 ? none : `one of ${known.join(", ")}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function decodePointer(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** A key as a part of a JSON Pointer (RFC 6901). */
export function encodePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
