/**
 * `bun run check-config FILE [--env NAME] [--print]`: everything that is wrong with a config, or that nothing is. With
 * `--print` the whole of it as it would run, defaults filled in, what an overlay changed marked with its file.
 */
import { readCommandLine } from "@libs/command-line";
import { ConfigError } from "../config-error.ts";
import { loadMerged } from "../load-config.ts";
import { printConfig } from "../print-config.ts";
import { referredVariables } from "../referred-variables.ts";

const usage = `usage: bun run check-config FILE [options]

  --env NAME  with its overlay: prod lays gateway.prod.yaml over gateway.yaml
  --print     the whole config as it would run: defaults filled in, what an overlay set is marked`;
const { values, positionals, refuse } = readCommandLine(usage, {
  allowPositionals: true,
  options: { env: { type: "string" }, print: { type: "boolean", default: false } },
});
const file = positionals[0] ?? refuse("no FILE is given");
try {
  const { config, overlaid } = await loadMerged({
    file,
    ...(values.env === undefined ? {} : { environment: values.env }),
  });
  if (values.print) console.log(printConfig(config, overlaid));
  else {
    console.log(
      `${file}: ${count(config.routes.length, "route")}, ${count(Object.keys(config.services).length, "service")}, nothing wrong`,
    );
    const unset = referredVariables(config).filter((name) => (process.env[name] ?? "") === "");
    if (unset.length > 0) console.log(`It refers to variables that are not set here: ${unset.join(", ")}`);
  }
} catch (thrown) {
  if (!(thrown instanceof ConfigError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
