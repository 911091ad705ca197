import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { exactJson } from "./exact-json.ts";
import { exceedsValueCount } from "./exceeds-value-count.ts";
import { jsonCommentAt } from "./json-comment.ts";
import { loadModule } from "./load-module.ts";
import { nowhere, type Position, positionAt, positionOf } from "./position.ts";
import { proseProblem } from "./yaml-problem.ts";
import { yamlProblems } from "./yaml-problems.ts";

/** A parsed config file: its value, and the position of each part. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** The problems that prevent parsing. */
  readonly issues: readonly LocatedIssue[];
  /** The position of a JSON Pointer's part, or of the nearest one around it; none for TypeScript files. */
  positionOf(path: string): Position;
}

export interface LocatedIssue extends ConfigIssue, Position {
  /** Set if the position is in an overlay instead of the requested file. */
  readonly file?: string;
}

/** Equals the maximum of routes. Bounded because each alias counts as its whole value, and nested ones multiply. */
const aliasesMax = 100_000;
/** How many values aliases may add, beyond those that a text of this length could contain itself. */
const aliasedMax = 200_000;

/** Reads YAML, JSON (which is YAML) or a TypeScript module's default export. An unreadable or empty file is reported as an issue. */
export async function loadDocument(file: string): Promise<ConfigDocument> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    return unusable(file, unreadable(thrown));
  }
  if (extname(file) !== ".ts") return parseText(file, text);
  const module = await loadModule(file);
  if (!module.ok) return unusable(file, module, module);
  return { file, value: module.value, issues: [], positionOf: () => nowhere };
}

export function parseText(file: string, text: string): ConfigDocument {
  const value = exactJson(text);
  if (value === undefined) return parseYaml(file, text);
  let located: ConfigDocument | null = null;
  const positionOf = (path: string) => (located ??= parseYaml(file, text)).positionOf(path);
  return { file, value, issues: [], positionOf };
}

function parseYaml(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const comment = extname(file) === ".json" ? jsonCommentAt(text) : null;
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
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

function aliasOfNothing(document: Document): { readonly name: string; readonly at: number } | null {
  let found: { readonly name: string; readonly at: number } | null = null;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = { name: alias.source, at: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return found;
}

type Reason = Pick<LocatedIssue, "message" | "expected">;

function unusable(file: string, { message, expected }: Reason, position = nowhere): ConfigDocument {
  const issue = { path: "", message, ...position, ...(expected === undefined ? {} : { expected }) };
  return { file, value: null, issues: [issue], positionOf: () => nowhere };
}

function unreadable(thrown: unknown): Reason {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "ENOENT") return { message: "there is no such file" };
  if (code === "EISDIR")
    return { message: "this is a directory", expected: "a file in it, such as gateway.yaml" };
  return { message: `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
}
