import { CartwayError, firstOfEachPath, type InputIssue } from "@libs/errors";

/** Bound on reported issues, so that an answer does not grow with the input. */
const issuesMax = 20;
const pathCharsMax = 200;

/** One of Elysia's validation issues. Its `value` is never read, so that it cannot be echoed. */
interface ElysiaIssue {
  readonly path?: unknown;
  readonly message?: unknown;
  readonly schema?: unknown;
}

/** Facts about the request that the error does not contain. */
export interface ErrorCircumstances {
  /** The methods of the path, where the requested one is not among them. */
  readonly allowed: readonly string[];
  /** The body was sent as `application/x-www-form-urlencoded`. */
  readonly isForm: boolean;
  /** Values of the path and the query, by name. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/**
 * Translates Elysia's errors to ours. Of the input, only paths of fields are echoed. An unknown error is returned as it is, and rendered
 * as `internal`.
 *
 * @param code Elysia's name of the error, the `code` of its `onError`.
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
      // Elysia wraps errors of our parser
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
  // an answer that breaks its own schema is our fault; Elysia's error is not kept as the cause, because its text contains the value
  if (type === "response") {
    const first = issues[0];
    return new CartwayError("internal", {
      internal: `the answer breaks its schema at "${first?.path ?? ""}": ${first?.message ?? "unknown"}`,
    });
  }
  // JSON sent as a form becomes a single field, whose name is the whole text: its path must not be echoed
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

/** Finds a number out of bounds, of which Elysia reports neither name nor place, by its value. */
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

/** Types that Elysia coerces from texts, represented by a union with a text of that format. */
const coercions: ReadonlyMap<unknown, string> = new Map([
  ["integer", "a whole number"],
  ["numeric", "a number"],
  ["boolean", "true or false"],
]);

/** The expected choices of a union, of which TypeBox only reports that it is a union. */
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
