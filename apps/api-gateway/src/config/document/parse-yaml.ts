import { extname } from "node:path";
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { type ConfigDocument, nowhere, unusable } from "./config-document.ts";
import { exceedsValueCount } from "./exceeds-value-count.ts";
import { jsonCommentAt } from "./json-comment.ts";
import { nodesOf } from "./nodes-of.ts";
import { positionAt, positionOf } from "./position.ts";
import { proseProblem } from "./yaml-problem.ts";
import { yamlProblems } from "./yaml-problems.ts";

/** Equals the maximum of routes. Bounded because each alias counts as its whole value, and nested ones multiply. */
const aliasesMax = 100_000;
/** How many values aliases may add, beyond those that a text of this length could contain itself. */
const aliasedMax = 200_000;

/** YAML, or JSON with a fault. */
export function parseYaml(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const comment = extname(file) === ".json" ? jsonCommentAt(text) : null;
  const document = parseDocument(text, {
    lineCounter: lines,
    // in time that grows with the square of an object's keys: `yamlProblems` finds them
    uniqueKeys: false,
    merge: true,
    stringKeys: true,
  });
  if (comment !== null) return unusable(file, commentInJson, positionAt(lines, comment));
  const issues = yamlProblems(document, lines, text);
  if (issues.length > 0) return { file, value: null, issues, positionOf: () => nowhere };
  if (document.contents === null) return unusable(file, empty);
  if (isScalar(document.contents)) return unusable(file, proseProblem(text), positionOf(document, lines, ""));
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    if (exceedsValueCount(value, text.length + aliasedMax)) return unusable(file, tooManyAliased);
    return { file, value, issues: [], positionOf: (path) => positionOf(document, lines, path) };
  } catch (thrown) {
    const merge = mergeOfNoObject(document);
    if (merge !== null) return unusable(file, mergedNoObject, positionAt(lines, merge));
    // an unknown alias, or too many of them
    if (!(thrown instanceof ReferenceError)) throw thrown;
    const alias = aliasOfNothing(document);
    if (alias === null)
      return unusable(file, { message: `its aliases cannot be followed: ${thrown.message}` });
    const message = `*${alias.name} stands for nothing: no &${alias.name} comes before it`;
    return unusable(file, { message, expected: aliasExpectation }, positionAt(lines, alias.at));
  }
}

const aliasExpectation = "quotes around a value that begins with *";
const tooManyAliased = {
  message: "it is far too large once its aliases are expanded",
  expected: "fewer aliases of large values",
};
const empty = { message: "the file is empty", expected: "version: 1, services and routes" };
const commentInJson = {
  message: "JSON has no comments",
  expected: "none, or a file whose name ends in .yaml, with # before each",
};

const mergedNoObject = {
  message: "<< merges an object, and this is none",
  expected: "an alias of one, such as *name",
};

/** The position of a merge key whose value is neither an object nor a list of objects; `null` for none. */
function mergeOfNoObject(document: Document): number | null {
  for (const node of nodesOf(document)) {
    if (!isPair(node) || !isScalar(node.key) || node.key.value !== "<<") continue;
    const merged = resolved(node.value, document);
    const sources = isSeq(merged) ? merged.items : [merged];
    if (!sources.every((source) => isMap(resolved(source, document)))) return node.key.range?.[0] ?? 0;
  }
  return null;
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function aliasOfNothing(document: Document): { readonly name: string; readonly at: number } | null {
  for (const node of nodesOf(document)) {
    if (isAlias(node) && node.resolve(document) === undefined)
      return { name: node.source, at: node.range?.[0] ?? 0 };
  }
  return null;
}
