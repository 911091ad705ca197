import type { InputIssue } from "@libs/errors";
import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { encodePointerKey } from "../../model/config/json-pointer.ts";
import { misreadNumbers, textsOf } from "./misread-numbers.ts";

/** All issues of a value, with paths that begin with a prefix; empty if it is valid. */
export type Validate = (value: unknown, prefix: string) => readonly InputIssue[];

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface CompilerOptions {
  /** Strings are converted to the numbers and booleans that the schema expects, for values of URLs and headers. */
  readonly coerces: boolean;
  /** Unknown keywords are ignored, because OpenAPI has its own; elsewhere they are errors. */
  readonly isLenient: boolean;
}

const issuesMax = 50;
/** Above it the first fault ends the search: a million of them would take up more than the body itself. */
const sizeOfAllMax = 65_536;

/** Makes validators of schemas, at load and never after. Throws Error for a schema that cannot be understood. */
export class SchemaCompiler {
  readonly #options: CompilerOptions;
  readonly #documents = new Map<string, JsonSchema>();
  #all: Ajv2020 | null = null;
  #first: Ajv2020 | null = null;

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /** A document that schemas refer to as `name#/pointer`. */
  addDocument(name: string, document: JsonSchema): void {
    this.#documents.set(name, document);
  }

  compile(schema: JsonSchema): Validate {
    this.#all ??= this.#open(true);
    const all = this.#all.compile(schema);
    if (this.#options.coerces) return (value, prefix) => validateTexts(all, value, prefix);
    const first = this.#compileFirst(schema);
    return (value, prefix) => {
      const validate: ValidateFunction = isLarge(value, sizeOfAllMax) ? first : all;
      return issuesOf(validate, value, prefix);
    };
  }

  /** Values of URLs and headers are small, so only bodies need this. */
  #compileFirst(schema: JsonSchema): ValidateFunction {
    this.#first ??= this.#open(false);
    return this.#first.compile(schema);
  }

  /** The first compiled schema also checks the schemas themselves. */
  #open(allErrors: boolean): Ajv2020 {
    const { Ajv2020 }: typeof import("ajv/dist/2020.js") = require("ajv/dist/2020.js");
    const formats: typeof import("ajv-formats") = require("ajv-formats");
    const { coerces, isLenient } = this.#options;
    const ajv = new Ajv2020({
      allErrors,
      strict: !isLenient,
      strictRequired: false,
      strictTypes: false,
      allowUnionTypes: true,
      coerceTypes: coerces ? "array" : false,
      ...(allErrors ? {} : { meta: false, validateSchema: false }),
      logger: false,
    });
    formats.default(ajv);
    for (const [name, document] of this.#documents) ajv.addSchema(document, name, undefined, false);
    return ajv;
  }
}

function issuesOf(validate: ValidateFunction, value: unknown, prefix: string): readonly InputIssue[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, issuesMax).map((error) => toIssue(error, prefix));
}

/** Validation replaces texts with what they are read as; what it reads too freely is an issue, too. */
function validateTexts(validate: ValidateFunction, value: unknown, prefix: string): readonly InputIssue[] {
  const texts = textsOf(value);
  const issues = issuesOf(validate, value, prefix);
  const misread = misreadNumbers(texts, value).map((issue) => ({ ...issue, path: prefix + issue.path }));
  return [...issues, ...misread].slice(0, issuesMax);
}

/** Whether there is more in a value than so many parts and characters; looks no further than that. */
function isLarge(value: unknown, max: number): boolean {
  let left = max;
  const pending: unknown[] = [value];
  while (pending.length > 0 && left > 0) {
    const next = pending.pop();
    left -= typeof next === "string" ? next.length : 8;
    const isObject = typeof next === "object" && next !== null;
    const parts: readonly unknown[] = Array.isArray(next) ? next : isObject ? Object.values(next) : [];
    if (parts.length * 8 > left) return true;
    pending.push(...parts);
  }
  return left <= 0;
}

/** The path and what was expected there, never the value. */
function toIssue({ instancePath, keyword, params, message }: ErrorObject, prefix: string): InputIssue {
  const path = prefix + instancePath;
  const missing: unknown = params["missingProperty"];
  const extra: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
  if (typeof missing === "string")
    return { path: `${path}/${encodePointerKey(missing)}`, message: "is missing" };
  if (typeof extra === "string")
    return { path: `${path}/${encodePointerKey(extra)}`, message: "is not known here" };
  const allowed: unknown = params["allowedValues"] ?? params["allowedValue"];
  const text = message ?? `is invalid (${keyword})`;
  return allowed === undefined
    ? { path, message: text }
    : { path, message: text, expected: JSON.stringify(allowed) };
}
