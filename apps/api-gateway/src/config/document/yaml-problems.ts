import { type Document, isScalar, type LineCounter, visit, type YAMLError } from "yaml";
import type { LocatedIssue } from "./config-document.ts";
import { positionAt } from "./position.ts";
import { yamlProblem } from "./yaml-problem.ts";

/**
 * The problems of a YAML text: the parser's errors, and its warnings about tags and names that it ignores. Leaves out those that only
 * follow from another one.
 */
export function yamlProblems(document: Document, lines: LineCounter, text: string): LocatedIssue[] {
  const all = [...document.errors, ...document.warnings].toSorted(inOrder);
  // a string or bracket that ends too early turns the rest of the line into a name
  const certain = all.filter(({ code }) => code !== "NON_STRING_KEY");
  const errors = certain.length === 0 ? all : certain;
  const openQuote = errors.find(({ message }) => /closing .quote/.test(message));
  const issues = (openQuote === undefined ? untilPositionLost(errors) : [openQuote]).map((error) => {
    const offset = openQuote === undefined ? error.pos[0] : (openQuoteAt(document) ?? error.pos[0]);
    const { message, expected } = described(error, { document, lines, text });
    return {
      path: "",
      message,
      ...(expected === undefined ? {} : { expected }),
      ...positionAt(lines, offset),
    };
  });
  // a construct that is open at the end of a line is reported for everything around it
  return issues.filter(({ line }, at) => issues.findIndex((one) => one.line === line) === at);
}

/** The most specific of several problems at one position. */
function inOrder(one: YAMLError, other: YAMLError): number {
  return one.pos[0] - other.pos[0] || rank(one) - rank(other);
}

const known = ["BLOCK_IN_FLOW", "MULTILINE_IMPLICIT_KEY"];

function rank({ code }: YAMLError): number {
  return known.includes(code) ? known.indexOf(code) : known.length;
}

/** After an unexpected token or a missing end the parser has lost its position, and its further messages mislead. */
function untilPositionLost(errors: readonly YAMLError[]): readonly YAMLError[] {
  const at = errors.findIndex(
    ({ code, message }) => code === "UNEXPECTED_TOKEN" || message.startsWith("Flow "),
  );
  return at === -1 ? errors : errors.slice(0, at + 1);
}

interface Source {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly text: string;
}

function described(error: YAMLError, { document, lines, text }: Source): ReturnType<typeof yamlProblem> {
  if (error.code !== "DUPLICATE_KEY") return yamlProblem(error, text);
  const [key, first] = repeatedKey(document, error.pos[0]);
  const before = first === null ? "" : `, first in line ${positionAt(lines, first).line}`;
  return { message: `${key} stands here twice${before}`, expected: "it once" };
}

/** The key of the field at this position, and its first occurrence in the same object. */
function repeatedKey(document: Document, offset: number): readonly [string, number | null] {
  let found: readonly [string, number | null] = ["a name", null];
  visit(document, {
    Map(_key, { items }) {
      const keys = items.map(({ key }) => key).filter(isScalar);
      const repeated = keys.find(({ range }) => range?.[0] === offset);
      if (repeated === undefined) return undefined;
      const first = keys.find(({ value }) => value === repeated.value);
      found = [String(repeated.value), first?.range?.[0] ?? null];
      return visit.BREAK;
    },
  });
  return found;
}

/** The start of a string that is not closed before the end of the file: its last one. */
function openQuoteAt(document: Document): number | null {
  let at: number | null = null;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (range && type?.startsWith("QUOTE_")) at = range[0];
    },
  });
  return at;
}
