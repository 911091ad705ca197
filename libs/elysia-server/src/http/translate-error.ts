import { CartwayError, firstOfEachPath, type InputIssue } from "@libs/errors";

/** Issues shown at most: a caller fixes the first ones first, and an answer never grows with the input. */
const issuesMax = 20;
const pathCharsMax = 200;

/** What Elysia knows of one thing that is wrong; `value` is there too and is never read. */
interface ElysiaIssue {
  readonly path?: unknown;
  readonly message?: unknown;
  readonly schema?: unknown;
}

/** What the error alone does not tell. */
export interface ErrorCircumstances {
  /** Methods that the path has, where it has not the one that was asked for. */
  readonly allowed: readonly string[];
  /** The body came as `application/x-www-form-urlencoded`. */
  readonly isForm: boolean;
  /** What stands in the path and in the query, by name. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/**
 * Elysia's own errors as ours. Nothing of what was sent comes back but the path of a field; what is not known here stays
 * as it is and is answered as `internal`.
 *
 * @param code Elysia's name of the kind of error, the `code` of its `onError`.
 */
export function translateError(
  code: unknown,
  error: unknown,
  { allowed, ...sent }: ErrorCircumstances,
): unknown {
  if (error instanceof CartwayError) return error;
  switch (code) {
    case "NOT_FOUND":
      return allowed.length === 0
        ? new CartwayError("not_found")
        : new CartwayError("method_not_allowed", { headers: { allow: allowed.join(", ") } });
    case "PARSE": {
      // Elysia wraps what our own parser threw.
      const cause = field(error, "cause");
      return cause instanceof CartwayError ? cause : new CartwayError("invalid_json");
    }
    case "INVALID_FILE_TYPE":
      return new CartwayError("unsupported_media_type");
    case "INVALID_COOKIE_SIGNATURE":
      return new CartwayError("bad_request", { message: "A cookie is not valid." });
    case "VALIDATION":
      return translateValidation(error, sent);
    default:
      return error;
  }
}

function translateValidation(error: unknown, sent: Omit<ErrorCircumstances, "allowed">): unknown {
  const type = field(error, "type");
  const all = field(error, "all");
  const issues = Array.isArray(all)
    ? firstOfEachPath(all.slice(0, 2 * issuesMax).map(toIssue), issuesMax)
    : [];
  // A handler whose answer breaks its own schema is a fault of ours. Elysia's error is no cause: its text holds the value.
  if (type === "response") {
    const first = issues[0];
    return new CartwayError("internal", {
      internal: `the answer breaks its schema at "${first?.path ?? ""}": ${first?.message ?? "unknown"}`,
    });
  }
  // JSON that was sent as a form is one field, whose name is all of it: no path of it comes back.
  if (type === "body" && sent.isForm) {
    return new CartwayError("validation_failed", {
      message:
        "The body was sent as a form and does not match its schema. JSON needs content-type: application/json.",
    });
  }
  if (type === "property") return refuseParameter(field(error, "value"), issues[0], sent);
  const where = type === "params" ? "path" : typeof type === "string" ? type : "input";
  return new CartwayError("validation_failed", {
    message: `The ${where} does not match its schema.`,
    details: issues,
  });
}

/** A number out of its bounds, of which Elysia tells neither name nor place: it is the one that reads as this value. */
function refuseParameter(
  value: unknown,
  issue: InputIssue | undefined,
  { params, query }: Pick<ErrorCircumstances, "params" | "query">,
): CartwayError {
  const namesIn = (values: Readonly<Record<string, unknown>>): readonly string[] =>
    Object.keys(values).filter((name) => values[name] !== "" && Number(values[name]) === value);
  const inPath = namesIn(params);
  const names = inPath.length > 0 ? inPath : namesIn(query);
  const message = issue?.message ?? "is not valid";
  return new CartwayError("validation_failed", {
    message: `The ${inPath.length > 0 ? "path" : "query"} does not match its schema.`,
    details: [{ path: names.length === 1 ? `/${names[0]}`.slice(0, pathCharsMax) : "", message }],
  });
}

function toIssue(issue: ElysiaIssue): InputIssue {
  const path = typeof issue.path === "string" ? issue.path.slice(0, pathCharsMax) : "";
  const choice = choiceOf(issue.schema);
  if (choice !== null) return { path, message: `Expected ${choice}` };
  return { path, message: typeof issue.message === "string" ? issue.message : "is not valid" };
}

/** Elysia reads these from the texts of paths and queries, by a union with a text of that format. */
const coercions: ReadonlyMap<unknown, string> = new Map([
  ["integer", "a whole number"],
  ["numeric", "a number"],
  ["boolean", "true or false"],
]);

/** What a union asks for, of which TypeBox says only that it is one: its words, or its description. */
function choiceOf(schema: unknown): string | null {
  const variants = field(schema, "anyOf");
  if (!Array.isArray(variants)) return null;
  const coerced = variants.map((variant) => coercions.get(field(variant, "format"))).find(Boolean);
  if (coerced !== undefined) return coerced;
  const words = variants.map((variant) => field(variant, "const"));
  if (words.every((word) => typeof word === "string")) return `one of ${words.join(", ")}`;
  const description = field(schema, "description");
  return typeof description === "string" ? description : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
