import { join } from "node:path";
import { errorsPage } from "./errors-page.ts";
import { gatewayJsonSchema } from "./json-schema.ts";
import { configReferencePage } from "./reference-page.ts";

const app = join(import.meta.dir, "../../..");

/**
 * The generated files of the repository, from the config's schema and the table of errors. `bun run config-schema` writes them, and a test
 * compares them.
 */
export function publishedFiles(): readonly { readonly path: string; readonly text: string }[] {
  const json = (isOverlay: boolean): string =>
    `${JSON.stringify(gatewayJsonSchema({ isOverlay }), null, 2)}\n`;
  return [
    { path: join(app, "gateway.schema.json"), text: json(false) },
    { path: join(app, "gateway.overlay.schema.json"), text: json(true) },
    { path: join(app, "../../docs/config.md"), text: configReferencePage() },
    { path: join(app, "../../docs/errors.md"), text: errorsPage() },
  ];
}
