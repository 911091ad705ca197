import type { MaybePromise } from "../../model/maybe-promise.ts";
import { runInWorker } from "../worker/run-in-worker.ts";
import type { ConfigDocument } from "./config-document.ts";
import { exactJson } from "./exact-json.ts";

/** Reads a text, YAML or JSON. `file` is for messages, and its ending says whether it is meant as JSON. */
export type ParseText = (file: string, text: string) => MaybePromise<ConfigDocument>;

/** What a worker tells of a document: all of it but the places, which are looked up where there are issues only. */
export type ParsedYaml = Pick<ConfigDocument, "value" | "issues">;

export function parseText(file: string, text: string): ConfigDocument {
  const value = exactJson(text);
  return value === undefined ? parseYaml(file, text) : located(file, text, { value, issues: [] });
}

/**
 * The same, with YAML parsed in a worker: that takes a tenth of a second for 200 KiB, during which this thread would serve no request,
 * and afterwards the parser's functions would stay loaded.
 */
export async function parseTextOffThread(file: string, text: string): Promise<ConfigDocument> {
  const value = exactJson(text);
  if (value !== undefined) return located(file, text, { value, issues: [] });
  const program = new URL("./yaml-worker.ts", import.meta.url);
  return located(file, text, await runInWorker<ParsedYaml>(program, { file, text }));
}

/** Parses a second time, here, where a place is asked for. */
function located(file: string, text: string, { value, issues }: ParsedYaml): ConfigDocument {
  let document: ConfigDocument | null = null;
  const positionOf = (path: string) => (document ??= parseYaml(file, text)).positionOf(path);
  return { file, value, issues, positionOf };
}

function parseYaml(file: string, text: string): ConfigDocument {
  const yaml: typeof import("./parse-yaml.ts") = require("./parse-yaml.ts");
  return yaml.parseYaml(file, text);
}
