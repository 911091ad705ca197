import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, isNode, LineCounter, parseDocument, type YAMLError } from "yaml";
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

/** As many as there may be routes: an alias stands for its value each time, and values of values multiply. */
const aliasesMax = 100_000;

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
  return extname(file) === ".ts" ? await loadModule(file) : parseText(file, text);
}

export function parseText(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true });
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => ({
      path: "",
      message: messageOf(error, text),
      line: lines.linePos(error.pos[0]).line,
    }));
    return { file, value: null, issues, lineOf: () => null };
  }
  if (document.contents === null) return unusable(file, "nothing stands in it");
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { file, value, issues: [], lineOf: (path) => lineOf(document, lines, path) };
  } catch (thrown) {
    // an alias of nothing, or too many of them
    if (!(thrown instanceof ReferenceError)) throw thrown;
    return unusable(file, `its aliases cannot be followed: ${thrown.message}`);
  }
}

function messageOf({ code, message, pos }: YAMLError, text: string): string {
  if (code === "DUPLICATE_KEY") {
    const [key = ""] = /^[^:\r\n]*/.exec(text.slice(pos[0])) ?? [];
    return `${key.trim()} stands here twice`;
  }
  if (code === "MULTIPLE_DOCS") return "a second document begins here (expected one)";
  return message.replace(/ at line \d+, column \d+:[^]*$/, "");
}

async function loadModule(file: string): Promise<ConfigDocument> {
  try {
    // The query makes each load a fresh one: a module is otherwise read once a process.
    const module: unknown = await import(`${pathToFileURL(resolve(file)).href}?at=${Date.now()}`);
    const value =
      typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
    return { file, value, issues: [], lineOf: () => null };
  } catch (thrown) {
    return unusable(file, `it cannot be run: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function unusable(file: string, message: string): ConfigDocument {
  return { file, value: null, issues: [{ path: "", message, line: null }], lineOf: () => null };
}

function unreadable(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "this is a directory";
  return `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
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
