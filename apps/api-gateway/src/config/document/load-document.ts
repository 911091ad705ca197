import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml";
import type { ConfigIssue } from "../../model/config-issue.ts";
import { exactJson } from "./exact-json.ts";
import { exceedsValueCount } from "./exceeds-value-count.ts";
import { jsonCommentAt } from "./json-comment.ts";
import { loadModule } from "./load-module.ts";
import { yamlProblem } from "./yaml-problem.ts";
import { pointerKeys } from "../../model/json-pointer.ts";

/** A config file as it was read: its value, and where each part of it stands. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** What keeps the text from being a value at all. */
  readonly issues: readonly LocatedIssue[];
  /** The line of a JSON Pointer, or of the nearest part around it that has one; `null` for TypeScript files. */
  lineOf(path: string): number | null;
}

export interface LocatedIssue extends ConfigIssue {
  /** Where it is not the file that was asked for, but an overlay. */
  readonly file?: string;
  /** From 1; `null` where the file has no lines to speak of. */
  readonly line: number | null;
}

/** As many as there may be routes: an alias stands for its value each time, and values of values multiply. */
const aliasesMax = 100_000;
/** Values that aliases may stand for beyond what any text of that length could say itself. */
const aliasedMax = 200_000;

/**
 * Reads YAML, JSON (which is YAML) or a TypeScript module's default export. A file that cannot be read is an issue of its own,
 * as is one that nothing stands in.
 */
export async function loadDocument(file: string): Promise<ConfigDocument> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    return unusable(file, unreadable(thrown));
  }
  if (extname(file) !== ".ts") return parseText(file, text);
  const module = await loadModule(file);
  return module.ok ? { file, value: module.value, issues: [], lineOf: () => null } : unusable(file, module);
}

export function parseText(file: string, text: string): ConfigDocument {
  const value = exactJson(text);
  if (value === undefined) return parseYaml(file, text);
  let located: ConfigDocument | null = null;
  return { file, value, issues: [], lineOf: (path) => (located ??= parseYaml(file, text)).lineOf(path) };
}

function parseYaml(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const comment = extname(file) === ".json" ? jsonCommentAt(text) : null;
  if (comment !== null) return unusable(file, { ...commentInJson, line: lineAt(comment) });
  if (document.errors.length > 0) {
    const openQuote = document.errors.find(({ message }) => /closing .quote/.test(message));
    const issues = (openQuote === undefined ? document.errors : [openQuote]).map((error) => ({
      path: "",
      ...yamlProblem(error, text),
      line: lineAt(openQuote === undefined ? error.pos[0] : (openQuoteAt(document) ?? error.pos[0])),
    }));
    // what is open at the end of a line is open for everything around it
    const first = issues.filter(({ line }, at) => issues.findIndex((one) => one.line === line) === at);
    return { file, value: null, issues: first, lineOf: () => null };
  }
  if (document.contents === null) return unusable(file, empty);
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    if (exceedsValueCount(value, text.length + aliasedMax))
      return unusable(file, {
        message: "with what its aliases stand for it is far larger than it looks",
        expected: "fewer aliases of what is large itself",
      });
    return { file, value, issues: [], lineOf: (path) => lineOf(document, lines, path) };
  } catch (thrown) {
    // an alias of nothing, or too many of them
    if (!(thrown instanceof ReferenceError)) throw thrown;
    const alias = aliasOfNothing(document);
    if (alias === null)
      return unusable(file, { message: `its aliases cannot be followed: ${thrown.message}` });
    const message = `*${alias.name} stands for nothing: no &${alias.name} comes before it`;
    const expected = "quotes around a value that begins with *";
    return unusable(file, { message, expected, line: lineAt(alias.at) });
  }
}

const empty = { message: "nothing stands in it", expected: "version: 1, services and routes" };
const commentInJson = {
  message: "JSON has no comments",
  expected: "none, or a file whose name ends in .yaml, with # before each",
};

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

type Reason = Pick<LocatedIssue, "message" | "expected"> & { readonly line?: number | null };

function unusable(file: string, { message, expected, line = null }: Reason): ConfigDocument {
  const issue = { path: "", message, line, ...(expected === undefined ? {} : { expected }) };
  return { file, value: null, issues: [issue], lineOf: () => null };
}

function unreadable(thrown: unknown): Reason {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "ENOENT") return { message: "there is no such file" };
  if (code === "EISDIR")
    return { message: "this is a directory", expected: "a file in it, such as gateway.yaml" };
  return { message: `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
}

function lineOf(document: Document, lines: LineCounter, path: string): number | null {
  const keys = pointerKeys(path);
  for (let depth = keys.length; depth >= 0; depth -= 1) {
    const node = document.getIn(keys.slice(0, depth).map(toKey), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function toKey(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}
