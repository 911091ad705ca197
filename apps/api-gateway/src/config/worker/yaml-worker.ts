/** Worker entry: parses a YAML text. */
import { parseYaml } from "../document/parse-yaml.ts";
import type { ParsedYaml, YamlText } from "./load-if-valid.ts";

declare const self: Worker;

self.addEventListener("message", ({ data: { file, text } }: MessageEvent<YamlText>) => {
  const { value, issues } = parseYaml(file, text);
  self.postMessage((issues.length === 0 ? { value } : null) satisfies ParsedYaml);
});
