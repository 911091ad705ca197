import type { ConfigDocument } from "./config-document.ts";
import { exactJson } from "./exact-json.ts";

/** Reads a text, YAML or JSON. `file` is for messages, and its ending says whether it is meant as JSON. */
export function parseText(file: string, text: string): ConfigDocument {
  const value = exactJson(text);
  if (value === undefined) return parseYaml(file, text);
  let document: ConfigDocument | null = null;
  // only the YAML parser knows places, which are asked for where there are issues only
  const positionOf = (path: string) => (document ??= parseYaml(file, text)).positionOf(path);
  return { file, value, issues: [], positionOf };
}

/** Loads the parser when it is first needed. */
function parseYaml(file: string, text: string): ConfigDocument {
  const yaml: typeof import("./parse-yaml.ts") = require("./parse-yaml.ts");
  return yaml.parseYaml(file, text);
}
