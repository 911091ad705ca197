import { type Document, isScalar, type LineCounter, visit, type YAMLError } from "yaml";
import type { LocatedIssue } from "./load-document.ts";
import { positionAt } from "./position.ts";
import { yamlProblem } from "./yaml-problem.ts";

/**
 * What keeps a text from being the YAML that its writer meant: the parser's errors, and its warnings too, which are about tags and names that
 * it passes over. Without those that only follow from another one.
 */
export function yamlProblems(document: Document, lines: LineCounter, text: string): LocatedIssue[] {
  const all = [...document.errors, ...document.warnings].toSorted(inOrder);
  // what ends too early makes a name of the object before it
  const certain = all.filter(({ code }) => code !== "NON_STRING_KEY");
  const errors = certain.length === 0 ? all : certain;
  const openQuote = errors.find(({ message }) => /closing .quote/.test(message));
  const issues = (openQuote === undefined ? upToDerailment(errors) : [openQuote]).map((error) => {
    const offset = openQuote === undefined ? error.pos[0] : (openQuoteAt(document) ?? error.pos[0]);
    const { message, expected } = described(error, { document, lines, text });
    return {
      path: "",
      message,
      ...(expected === undefined ? {} : { expected }),
      ...positionAt(lines, offset),
    };
  });
  // what is open at the end of a line is open for everything around it
  return issues.filter(({ line }, at) => issues.findIndex((one) => one.line === line) === at);
}

/** Of several in one place the one first that knows what stands there. */
function inOrder(one: YAMLError, other: YAMLError): number {
  return one.pos[0] - other.pos[0] || rank(one) - rank(other);
}

const known = ["BLOCK_IN_FLOW", "MULTILINE_IMPLICIT_KEY"];

function rank({ code }: YAMLError): number {
  return known.includes(code) ? known.indexOf(code) : known.length;
}

/** After what it did not expect, or an end that it did not find, the parser no longer knows where it is: what it says then misleads. */
function upToDerailment(errors: readonly YAMLError[]): readonly YAMLError[] {
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

/** The key of the field at this place, and where the object has it before. */
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

/** Where a text in quotes begins that goes on to the end of the file: its last one. */
function openQuoteAt(document: Document): number | null {
  let at: number | null = null;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (range && type?.startsWith("QUOTE_")) at = range[0];
    },
  });
  return at;
}
