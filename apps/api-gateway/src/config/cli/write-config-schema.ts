/** `bun run config-schema`: writes the published JSON Schemas and reference pages, generated from the code's own schemas. */
import { readCommandLine } from "@libs/command-line";
import { publishedFiles } from "../published/published-files.ts";

readCommandLine(
  "usage: bun run config-schema\n\nwrites the JSON Schemas, docs/config.md and docs/errors.md anew",
  {},
);
for (const { path, text } of publishedFiles()) {
  await Bun.write(path, text);
  console.log(path);
}
