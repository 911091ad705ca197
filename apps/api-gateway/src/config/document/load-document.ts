import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { messageOf } from "@libs/errors";
import { type ConfigDocument, nowhere, type Reason, unusable } from "./config-document.ts";
import { loadModule } from "./load-module.ts";
import { parseText } from "./parse-text.ts";

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
  if (!module.ok) return unusable(file, module.reason, module.place);
  return { file, value: module.value, issues: [], positionOf: () => nowhere };
}

function unreadable(thrown: unknown): Reason {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "ENOENT") return { message: "there is no such file" };
  if (code === "EISDIR")
    return { message: "this is a directory", expected: "a file in it, such as gateway.yaml" };
  return { message: `it cannot be read: ${messageOf(thrown)}` };
}
