import { type Document, isMap, isScalar, type LineCounter, type YAMLError, YAMLParseError } from "yaml";
import type { LocatedIssue } from "./config-document.ts";
import { nodesOf } from "./nodes-of.ts";
import { positionAt } from "./position.ts";
import { yamlProblem } from "./yaml-problem.ts";

/**
 * The problems of a YAML text: the parser's errors, and its warnings about tags and names that it ignores. Leaves out those that only
 * follow from another one.
 */
export function yamlProblems(document: Document, lines: LineCounter, text: string): LocatedIssue[] {
  const repeated = repeatedKeys(document);
  const duplicates = [...repeated.keys()].map(
    (at) => new YAMLParseError([at, at + 1], "DUPLICATE_KEY", "Map keys must be unique"),
  );
  const all = [...document.errors, ...document.warnings, ...duplicates].toSorted(inOrder);
  // a string or bracket that ends too early turns the rest of the line into a name
  const certain = all.filter(({ code }) => code !== "NON_STRING_KEY");
  const errors = certain.length === 0 ? all : certain;
  const openQuote = errors.find(({ message }) => /closing .quote/.test(message));
  const issues = (openQuote === undefined ? untilPositionLost(errors) : [openQuote]).map((error) => {
    const offset = openQuote === undefined ? error.pos[0] : (openQuoteAt(document) ?? error.pos[0]);
    const { message, expected } = described(error, { repeated, lines, text });
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
  readonly repeated: ReadonlyMap<number, RepeatedKey>;
  readonly lines: LineCounter;
  readonly text: string;
}

function described(error: YAMLError, { repeated, lines, text }: Source): ReturnType<typeof yamlProblem> {
  const key = repeated.get(error.pos[0]);
  if (error.code !== "DUPLICATE_KEY" || key === undefined) return yamlProblem(error, text);
  const message = `${key.name} stands here twice, first in line ${positionAt(lines, key.first).line}`;
  return { message, expected: "it once" };
}

interface RepeatedKey {
  readonly name: string;
  /** The offset of its first occurrence in the same object. */
  readonly first: number;
}

/** By their offsets. */
function repeatedKeys(document: Document): ReadonlyMap<number, RepeatedKey> {
  const repeated = new Map<number, RepeatedKey>();
  for (const node of nodesOf(document)) {
    if (!isMap(node)) continue;
    const offsets = new Map<unknown, number>();
    for (const { key } of node.items) {
      if (!isScalar(key) || !key.range) continue;
      const [at] = key.range;
      const first = offsets.get(key.value);
      if (first === undefined) offsets.set(key.value, at);
      else repeated.set(at, { name: String(key.value), first });
    }
  }
  return repeated;
}

/** The start of a string that is not closed before the end of the file: its last one. */
function openQuoteAt(document: Document): number | null {
  let at: number | null = null;
  for (const node of nodesOf(document)) {
    if (isScalar(node) && node.range && node.type?.startsWith("QUOTE_")) at = node.range[0];
  }
  return at;
}
