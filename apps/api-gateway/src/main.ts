/** `bun run gateway [--config FILE] [--env NAME] [--port N]`: the gateway by itself, from a config file. */
import { parseArgs } from "node:util";
import { EnvironmentError, readEnvironment, runUntilSignal } from "@libs/elysia-server";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createGateway } from "./build-gateway.ts";
import { ConfigError } from "./config/config-error.ts";
import { loadConfig } from "./config/load-config.ts";
import { gatewayEnvironment } from "./environment.ts";
import { reloadOnChange } from "./lifecycle.ts";

const { values: options } = parseArgs({
  options: { config: { type: "string" }, env: { type: "string" }, port: { type: "string" } },
});

try {
  await main();
} catch (thrown) {
  if (!(thrown instanceof ConfigError) && !(thrown instanceof EnvironmentError)) throw thrown;
  console.error(thrown.message);
  process.exit(1);
}

async function main(): Promise<void> {
  const { version } = manifest;
  const env = readEnvironment(
    gatewayEnvironment,
    options.port === undefined ? process.env : { ...process.env, PORT: options.port },
  );
  const environment = options.env ?? env.GATEWAY_ENV;
  const source = {
    file: options.config ?? env.GATEWAY_CONFIG,
    ...(environment === null ? {} : { environment }),
  };
  const config = await loadConfig(source);
  const logger = createLogger({ name: "api-gateway", level: env.LOG_LEVEL });
  const metrics = createMetrics({
    service: "api-gateway",
    version,
    ...(env.GIT_COMMIT === null ? {} : { commit: env.GIT_COMMIT }),
  });
  const settings = {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
  };
  const gateway = createGateway(config, settings, { logger, metrics });
  const endWatch = reloadOnChange(source, gateway, logger);
  await runUntilSignal(gateway, { logger, close: [endWatch] });
}
