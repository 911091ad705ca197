/** `bun run gateway`: the gateway as a separate program, run from a config file. Read `serve` first, then `createGateway`. */
import { availableParallelism } from "node:os";
import { readCommandLine } from "@libs/command-line";
import type { Auth } from "@libs/auth";
import { openPostgreSQL, openRedis, type PostgreSQLClient, type RedisClient } from "@libs/database";
import { type OpenService, openService, startProcess } from "@libs/elysia-server";
import { openRedisBroker } from "@libs/messaging";
import { standardOutput } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { adminSettings } from "./admin/admin-environment.ts";
import { createGateway, type GatewaySettings } from "./build-gateway.ts";
import { createConfigLoader } from "./config/worker/config-loader.ts";
import { loadConfigOffThread } from "./config/worker/load-config-off-thread.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { gatewayEnvironment } from "./environment.ts";
import { configSignature } from "./config/reload/config-signature.ts";
import { ignoreHangup, reloadOnChange } from "./config/reload/reload-on-change.ts";
import { readAssignment } from "./workers/assignment.ts";
import { openOwnChannel } from "./workers/channel.ts";
import { readWorkerCount } from "./workers/worker-count.ts";
import { SupervisedWorker } from "./workers/supervised-worker.ts";

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
  ignoreHangup();
  const { version } = manifest;
  const assignment = readAssignment(process.env);
  const worker = assignment === null ? null : new SupervisedWorker(assignment, openOwnChannel(process));
  const service = openService(
    {
      name: "api-gateway",
      version,
      environment: gatewayEnvironment,
      logFields: worker === null ? {} : { worker: worker.number },
    },
    options.port === undefined ? process.env : { ...process.env, PORT: options.port },
  );
  const workers = readWorkerCount(
    options.workers ?? service.env.WORKERS,
    availableParallelism(),
    process.platform,
  );
  if (worker !== null || workers === 1) await serve(service, worker);
  else await supervise(service, workers);
}

/** Runs the gateway in this process: alone, or as one of several workers. */
async function serve(service: Service, worker: SupervisedWorker | null): Promise<void> {
  const { env, settings, run } = service;
  const environment = options.env ?? env.GATEWAY_ENV;
  const variables = withSecretsFromFiles(env);
  const stores = { hasRedis: env.REDIS_URL !== null, hasDatabase: env.DATABASE_URL !== null };
  const source = {
    file: options.config ?? env.GATEWAY_CONFIG,
    secrets: { env: variables },
    ...(environment === null ? {} : { environment }),
    stores,
    ...(worker === null ? {} : { shared: stores }),
  };
  const signature = await configSignature(source.file);
  const config = (await worker?.runningConfig()) ?? (await loadConfigOffThread(source));
  const telemetry = {
    ...service.telemetry,
    metrics: worker?.shareMetrics(service.telemetry.metrics) ?? service.telemetry.metrics,
  };
  const backends = await openBackends(env, config, telemetry);
  const { redis, sql, auth, broker } = backends;
  const gateway = createGateway(
    config,
    {
      ...settings,
      ...worker?.listen,
      ...adminOf(env, { hasAuth: auth !== null, isWorker: worker !== null }),
    },
    {
      ...telemetry,
      ...(worker === null ? {} : { onConfig: (applied) => worker.reportConfig(applied) }),
      env: variables,
      loadConfig: createConfigLoader(source),
      redis: redis?.driver ?? null,
      ...(broker === null ? {} : { broker }),
      ...(auth === null || sql === null ? {} : { auth, sql }),
      stores: { ...(sql === null ? {} : { postgresql: sql }), ...(redis === null ? {} : { redis }) },
    },
  );
  const endWatch = reloadOnChange({ file: source.file, signature, logger: telemetry.logger }, gateway);
  await run(worker?.attach(gateway, config) ?? gateway, [endWatch, ...backends.close], worker?.ended);
}

/** What the config can refer to: the environment, and the secret of it that may stand in a file. */
function withSecretsFromFiles({ CUSTOMER_JWT_SECRET }: Service["env"]): NodeJS.ProcessEnv {
  return CUSTOMER_JWT_SECRET === null ? process.env : { ...process.env, CUSTOMER_JWT_SECRET };
}

/** The admin port's settings; none with `--no-admin` or without a port. A worker has the app without its port, which is the supervisor's. */
function adminOf(
  env: Service["env"],
  { hasAuth, isWorker }: { readonly hasAuth: boolean; readonly isWorker: boolean },
): Pick<GatewaySettings, "admin"> {
  // without a database the token file is the only way to authenticate
  const admin = options["no-admin"] ? null : adminSettings(env, hasAuth ? null : "data/admin-token");
  if (admin === null) return {};
  return { admin: isWorker ? { ...admin, port: null } : admin };
}

/** The database, Redis and broker that the environment names. */
async function openBackends(
  env: Service["env"],
  { roles }: GatewayConfig,
  { logger, metrics }: Service["telemetry"],
) {
  const redis = env.REDIS_URL === null ? null : await openRedis(env.REDIS_URL);
  const sql = env.DATABASE_URL === null ? null : await openPostgreSQL({ url: env.DATABASE_URL });
  const auth = sql === null ? null : await openAuth(env, roles, { sql, redis, logger, metrics });
  const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
  const broker = env.REDIS_URL === null ? null : await openRedisBroker({ url: env.REDIS_URL, onError });
  const close = [() => broker?.close(), () => auth?.stop(), () => sql?.close(), () => redis?.close()];
  return { redis, sql, auth, broker, close: close.map((step) => async () => step()) };
}

/** The platform's own users, sessions and keys. */
async function openAuth(
  env: Service["env"],
  roles: GatewayConfig["roles"],
  { sql, redis, ...telemetry }: AuthBackends,
): Promise<Auth> {
  const { startPlatformAuth } = await import("./assembly/platform-auth.ts");
  return await startPlatformAuth(
    {
      issuer: env.AUTH_ISSUER,
      signingSecret: env.AUTH_SIGNING_SECRET,
      refreshGraceMs: env.AUTH_REFRESH_GRACE_MS,
      firstAdmin: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
      roles,
    },
    { ...telemetry, sql, redis: redis?.driver ?? null, now: Date.now, onFirstAdmin: showFirstAdmin },
  );
}

interface AuthBackends extends Pick<Service["telemetry"], "logger" | "metrics"> {
  readonly sql: PostgreSQLClient;
  readonly redis: RedisClient | null;
}

/** Runs this process as the supervisor of several workers: each runs this program again, and all share the port. */
async function supervise({ env, settings, telemetry, run }: Service, workers: number): Promise<void> {
  const { createSpawnWorker } = await import("./workers/spawn-worker.ts");
  const { createSupervisorApp } = await import("./workers/supervisor-app.ts");
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
  // no worker outlives a supervisor that exits without draining
  process.on("exit", () => app.kill());
  await run(app);
}

/** Shown on the terminal only, never in the log: the database stores only the hash. */
function showFirstAdmin({ email, password }: { readonly email: string; readonly password: string }): void {
  console.log(`\nThe first administrator: ${email}\nPassword (shown this once): ${password}\n`);
}
