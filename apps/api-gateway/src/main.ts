/** `bun run gateway [--config FILE] [--env NAME] [--port N] [--no-admin]`: the gateway by itself, from a config file. */
import { readCommandLine } from "@libs/command-line";
import { openPostgreSQL, RedisClient } from "@libs/database";
import { openService, startProcess } from "@libs/elysia-server";
import { connectRedis, createRedisBroker } from "@libs/messaging";
import manifest from "../package.json" with { type: "json" };
import { adminSettings } from "./admin/admin-environment.ts";
import { createGateway } from "./build-gateway.ts";
import { loadConfig } from "./config/load-config.ts";
import { gatewayEnvironment } from "./environment.ts";
import { reloadOnChange } from "./lifecycle.ts";
import { startPlatformAuth } from "./platform-auth.ts";

const usage = `usage: bun run gateway [options]

  --config FILE  YAML, JSON or TypeScript; GATEWAY_CONFIG, or gateway.yaml, where not given
  --env NAME     with its overlay: prod lays gateway.prod.yaml over gateway.yaml
  --port N       the port it listens on; PORT, or 3000, where not given
  --no-admin     without the admin port (ADMIN_PORT, 3900)`;
const { values: options } = readCommandLine(usage, {
  options: {
    config: { type: "string" },
    env: { type: "string" },
    port: { type: "string" },
    "no-admin": { type: "boolean", default: false },
  },
});

await startProcess("api-gateway", main);

async function main(): Promise<void> {
  const { version } = manifest;
  const { env, settings, telemetry, run } = openService(
    { name: "api-gateway", version, environment: gatewayEnvironment },
    options.port === undefined ? process.env : { ...process.env, PORT: options.port },
  );
  const environment = options.env ?? env.GATEWAY_ENV;
  const source = {
    file: options.config ?? env.GATEWAY_CONFIG,
    ...(environment === null ? {} : { environment }),
  };
  const config = await loadConfig(source);
  const { logger, metrics } = telemetry;
  const redis = env.REDIS_URL === null ? null : new RedisClient(env.REDIS_URL);
  await redis?.connect();
  const sql = env.DATABASE_URL === null ? null : await openPostgreSQL({ url: env.DATABASE_URL });
  const auth =
    sql === null
      ? null
      : await startPlatformAuth(
          {
            issuer: env.AUTH_ISSUER,
            signingSecret: env.AUTH_SIGNING_SECRET,
            firstAdmin: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
            roles: config.roles,
          },
          { sql, redis: redis?.driver ?? null, logger, metrics, now: Date.now, onFirstAdmin: showFirstAdmin },
        );
  const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
  const broker =
    env.REDIS_URL === null
      ? null
      : createRedisBroker({ connect: connectRedis({ url: env.REDIS_URL }), onError });
  // without a database the token is the only way in
  const tokenFile = auth === null ? "data/admin-token" : null;
  const admin = options["no-admin"] ? null : adminSettings(env, tokenFile);
  const gateway = createGateway(config, admin === null ? settings : { ...settings, admin }, {
    ...telemetry,
    env: process.env,
    loadConfig: () => loadConfig(source),
    redis: redis?.driver ?? null,
    ...(broker === null ? {} : { broker }),
    ...(auth === null || sql === null ? {} : { auth, sql }),
    stores: { ...(sql === null ? {} : { postgresql: sql }), ...(redis === null ? {} : { redis }) },
  });
  const endWatch = reloadOnChange(source.file, gateway);
  const close = [
    endWatch,
    () => broker?.close(),
    () => auth?.stop(),
    () => sql?.close(),
    () => redis?.close(),
  ];
  await run(
    gateway,
    close.map((step) => async () => step()),
  );
}

/** On the terminal and nowhere else: only the hash is kept. */
function showFirstAdmin({ email, password }: { readonly email: string; readonly password: string }): void {
  console.log(`\nThe first administrator: ${email}\nPassword (shown this once): ${password}\n`);
}
