/** Worker entry: parses a YAML text. */
import type { ParsedYaml } from "./parse-text.ts";
import { parseYaml } from "./parse-yaml.ts";

declare const self: Worker;

self.addEventListener(
  "message",
  ({ data }: MessageEvent<{ readonly file: string; readonly text: string }>) => {
    const { value, issues } = parseYaml(data.file, data.text);
    self.postMessage({ value, issues } satisfies ParsedYaml);
  },
);
