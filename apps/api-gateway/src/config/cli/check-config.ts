/** `bun run check-config FILE [--env NAME] [--print]`: everything that is wrong with a config, or that nothing is. */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { ConfigError } from "../config-error.ts";
import { loadConfig } from "../load-config.ts";

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
  const config = await loadConfig({ file, ...(values.env === undefined ? {} : { environment: values.env }) });
  if (values.print) console.log(stringify(config));
  else
    console.log(
      `${file}: ${config.routes.length} routes, ${Object.keys(config.services).length} services, nothing wrong`,
    );
} catch (thrown) {
  if (!(thrown instanceof ConfigError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}
