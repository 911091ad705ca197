/**
 * `bun run check-config FILE... [--env NAME] [--workers N] [--print]`: reports everything that is wrong with one or several configs. With
 * `--print`, prints the effective config: defaults filled in, and values from an overlay marked with its file.
 */
import { resolve } from "node:path";
import { readCommandLine } from "@libs/command-line";
import { messageOf } from "@libs/errors";
import { readWorkerCount } from "../../workers/worker-count.ts";
import { ConfigError } from "../config-error.ts";
import { loadMerged } from "../load-config.ts";
import { printConfig } from "../print-config.ts";
import type { GatewayConfig } from "../schema.ts";
import type { SharedStores } from "../shared-state-rules.ts";
import { neededStores } from "../needed-stores.ts";
import { unavailableSecrets } from "../unavailable-secrets.ts";
import { secretFaults } from "./secret-faults.ts";

const usage = `usage: bun run check-config FILE... [options]

  --env NAME  with its overlay: prod lays gateway.prod.yaml over gateway.yaml
  --workers N as several processes would run it (a number, or auto), with the stores that REDIS_URL and DATABASE_URL
              name here; 1 where not given. Nothing is connected to.
  --print     the whole config as it would run: defaults filled in, what an overlay set is marked`;
const { values, positionals, refuse } = readCommandLine(usage, {
  allowPositionals: true,
  options: {
    env: { type: "string" },
    workers: { type: "string", default: "1" },
    print: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) refuse("no FILE is given");
const hasSeveral = hasSeveralWorkers(values.workers);
for (const file of positionals) await check(file);

async function check(file: string): Promise<void> {
  try {
    const overlay = values.env === undefined ? {} : { environment: values.env };
    const sharing = hasSeveral ? { shared: storesNamed() } : {};
    const { config, overlaid, placeOf } = await loadMerged({ file, ...overlay, ...sharing });
    const faults = await secretFaults(config, { env: process.env });
    if (faults.length > 0)
      throw new ConfigError(
        file,
        faults.map((fault) => ({ ...fault, ...placeOf(fault.path) })),
      );
    if (values.print) console.log(printConfig(config, overlaid));
    else printSummary(file, config);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    console.error(thrown.message);
    process.exitCode = 1;
  }
}

/** Independent of this machine's cores and system, because the config may run elsewhere. */
function hasSeveralWorkers(text: string): boolean {
  try {
    return readWorkerCount(text, 2, "linux") > 1;
  } catch (thrown) {
    return refuse(messageOf(thrown));
  }
}

function storesNamed(): SharedStores {
  const isSet = (name: string): boolean => (process.env[name] ?? "") !== "";
  return { hasRedis: isSet("REDIS_URL"), hasDatabase: isSet("DATABASE_URL") };
}

function printSummary(file: string, config: GatewayConfig): void {
  const services = count(Object.keys(config.services).length, "service");
  console.log(`${file}: ${count(config.routes.length, "route")}, ${services}, nothing wrong`);
  const missing = unavailableSecrets(config, { env: process.env });
  const names = (kind: "variable" | "file") =>
    new Set(missing.flatMap((secret) => (secret.kind === kind ? [secret.name] : [])));
  printMissing("variables that are not set here", names("variable"));
  printMissing("files that cannot be read here", new Set([...names("file")].map((name) => resolve(name))));
  printStores(config);
}

function printMissing(what: string, names: ReadonlySet<string>): void {
  if (names.size > 0) console.log(`It refers to ${what}: ${[...names].join(", ")}`);
}

/** What a gateway with this config needs besides, as long as it is not named here. */
function printStores(config: GatewayConfig): void {
  const { hasDatabase, hasRedis } = storesNamed();
  const { database, redis } = neededStores(config);
  if (!hasDatabase && database.length > 0)
    console.log(`It needs PostgreSQL, and DATABASE_URL is not set here: ${database.join(", ")}`);
  if (!hasRedis && redis.length > 0)
    console.log(`It needs Redis, and REDIS_URL is not set here: ${redis.join(", ")}`);
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
