import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { ConfigIssue } from "../model/config-issue.ts";

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

/** Reads YAML, JSON (which is YAML) or a TypeScript module's default export. A file that is not there is an issue of its own. */
export async function loadDocument(file: string): Promise<ConfigDocument> {
  if (!(await Bun.file(file).exists())) {
    const issue = { path: "", message: "there is no such file", line: null };
    return { file, value: null, issues: [issue], lineOf: () => null };
  }
  if (extname(file) === ".ts") return await loadModule(file);
  return parseText(file, await Bun.file(file).text());
}

export function parseText(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const issues = document.errors.map((error) => ({
    path: "",
    message: error.message.replace(/ at line \d+, column \d+:[^]*$/, ""),
    line: lines.linePos(error.pos[0]).line,
  }));
  return {
    file,
    value: issues.length > 0 ? null : document.toJS({ maxAliasCount: 100 }),
    issues,
    lineOf: (path) => lineOf(document, lines, path),
  };
}

async function loadModule(file: string): Promise<ConfigDocument> {
  // The query makes each load a fresh one: a module is otherwise read once a process.
  const module: unknown = await import(`${pathToFileURL(resolve(file)).href}?at=${Date.now()}`);
  const value =
    typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  return { file, value, issues: [], lineOf: () => null };
}

function lineOf(document: Document, lines: LineCounter, path: string): number | null {
  const keys = path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (let depth = keys.length; depth >= 0; depth -= 1) {
    const node = document.getIn(keys.slice(0, depth).map(toKey), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function toKey(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}
