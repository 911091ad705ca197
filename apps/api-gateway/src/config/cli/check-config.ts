/**
 * `bun run check-config FILE [--env NAME] [--print]`: everything that is wrong with a config, or that nothing is. With
 * `--print` the whole of it as it would run, defaults filled in, what an overlay changed marked with its file.
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../config-error.ts";
import { loadMerged } from "../load-config.ts";
import { printConfig } from "../print-config.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { env: { type: "string" }, print: { type: "boolean", default: false } },
});
const [file] = positionals;
if (file === undefined) {
  console.error("usage: bun run check-config FILE [--env NAME] [--print]");
  process.exit(2);
}
try {
  const { config, overlaid } = await loadMerged({
    file,
    ...(values.env === undefined ? {} : { environment: values.env }),
  });
  if (values.print) console.log(printConfig(config, overlaid));
  else
    console.log(
      `${file}: ${config.routes.length} routes, ${Object.keys(config.services).length} services, nothing wrong`,
    );
} catch (thrown) {
  if (!(thrown instanceof ConfigError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}
