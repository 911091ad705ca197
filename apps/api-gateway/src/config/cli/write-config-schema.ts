/** `bun run config-schema`: writes the published JSON Schemas and the reference page from the one schema of the config. */
import { publishedFiles } from "../published-files.ts";

for (const { path, text } of publishedFiles()) {
  await Bun.write(path, text);
  console.log(path);
}
