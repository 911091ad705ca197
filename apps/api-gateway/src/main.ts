/** `bun run gateway [--config FILE] [--env NAME] [--port N] [--workers N] [--no-admin]`: the gateway by itself, from a config file. */
import { availableParallelism } from "node:os";
import { readCommandLine } from "@libs/command-line";
import { openPostgreSQL, RedisClient } from "@libs/database";
import { type OpenService, openService, startProcess } from "@libs/elysia-server";
import { connectRedis, createRedisBroker } from "@libs/messaging";
import { standardOutput } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { adminSettings } from "./admin/admin-environment.ts";
import { createGateway } from "./build-gateway.ts";
import { createConfigLoader } from "./config/worker/config-loader.ts";
import { loadConfig } from "./config/load-config.ts";
import { gatewayEnvironment } from "./environment.ts";
import { reloadOnChange } from "./lifecycle.ts";
import { startPlatformAuth } from "./platform-auth.ts";
import { readAssignment } from "./workers/assignment.ts";
import { openOwnChannel } from "./workers/channel.ts";
import { createSpawnWorker } from "./workers/spawn-worker.ts";
import { createSupervisorApp } from "./workers/supervisor-app.ts";
import { readWorkerCount } from "./workers/worker-count.ts";
import { WorkerSeat } from "./workers/worker-seat.ts";

type Service = OpenService<typeof gatewayEnvironment>;

const usage = `usage: bun run gateway [options]

  --config FILE  YAML, JSON or TypeScript; GATEWAY_CONFIG, or gateway.yaml, where not given
  --env NAME     with its overlay: prod lays gateway.prod.yaml over gateway.yaml
  --port N       the port it listens on; PORT, or 3000, where not given
  --workers N    processes that share the port, or auto: one a core; WORKERS, or 1, where not given
  --no-admin     without the admin port (ADMIN_PORT, 3900)`;
const { values: options } = readCommandLine(usage, {
  options: {
    config: { type: "string" },
    env: { type: "string" },
    port: { type: "string" },
    workers: { type: "string" },
    "no-admin": { type: "boolean", default: false },
  },
});

await startProcess("api-gateway", main);

async function main(): Promise<void> {
  const { version } = manifest;
  const assignment = readAssignment(process.env);
  const seat = assignment === null ? null : new WorkerSeat(assignment, openOwnChannel(process));
  const service = openService(
    {
      name: "api-gateway",
      version,
      environment: gatewayEnvironment,
      logFields: seat === null ? {} : { worker: seat.number },
    },
    options.port === undefined ? process.env : { ...process.env, PORT: options.port },
  );
  const workers = readWorkerCount(
    options.workers ?? service.env.WORKERS,
    availableParallelism(),
    process.platform,
  );
  if (seat !== null || workers === 1) await serve(service, seat);
  else await supervise(service, workers);
}

/** The gateway in this process: by itself, or as one of several workers. */
async function serve({ env, settings, telemetry, run }: Service, seat: WorkerSeat | null): Promise<void> {
  const environment = options.env ?? env.GATEWAY_ENV;
  const stores = { hasRedis: env.REDIS_URL !== null, hasDatabase: env.DATABASE_URL !== null };
  const source = {
    file: options.config ?? env.GATEWAY_CONFIG,
    ...(environment === null ? {} : { environment }),
    ...(seat === null ? {} : { shared: stores }),
  };
  const config = (await seat?.config()) ?? (await loadConfig(source));
  const { logger } = telemetry;
  const metrics = seat?.share(telemetry.metrics) ?? telemetry.metrics;
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
  const ownSettings = {
    ...settings,
    ...seat?.place,
    ...(admin === null ? {} : { admin: seat === null ? admin : { ...admin, port: null } }),
  };
  const gateway = createGateway(config, ownSettings, {
    ...telemetry,
    metrics,
    ...(seat === null ? {} : { onConfig: (applied) => seat.runs(applied) }),
    env: process.env,
    loadConfig: createConfigLoader(source),
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
    seat?.seat(gateway, config) ?? gateway,
    close.map((step) => async () => step()),
    seat?.ended,
  );
}

/** Several processes of this program, each a gateway on the same port, and this one to look after them. */
async function supervise({ env, settings, telemetry, run }: Service, workers: number): Promise<void> {
  const { logger, metrics } = telemetry;
  const app = createSupervisorApp(
    {
      ...settings,
      port: env.PORT,
      workers,
      admin: options["no-admin"] ? null : adminSettings(env, null),
    },
    {
      spawn: createSpawnWorker({
        command: [process.execPath, ...process.execArgv, Bun.main, ...process.argv.slice(2)],
        env: process.env,
        output: standardOutput(),
      }),
      logger,
      metrics,
    },
  );
  process.on("SIGHUP", () => void app.reload("SIGHUP"));
  // a supervisor that ends in haste leaves nobody behind
  process.on("exit", () => app.kill());
  await run(app);
}

/** On the terminal and nowhere else: only the hash is kept. */
function showFirstAdmin({ email, password }: { readonly email: string; readonly password: string }): void {
  console.log(`\nThe first administrator: ${email}\nPassword (shown this once): ${password}\n`);
}
