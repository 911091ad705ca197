import { type App, createElysiaServer, drainDefaults, type ServerConfig } from "@libs/elysia-server";
import { createMetrics, type Logger, type Metrics } from "@libs/monitoring";
import { exponentialBackoff } from "@libs/resilience";
import { adminBodyBytesMax } from "../admin/admin-body-bytes-max.ts";
import type { AdminSettings } from "../admin/create-admin.ts";
import { createAdminRelay } from "./admin/relay-admin.ts";
import { InstanceMetrics } from "./metrics/instance-metrics.ts";
import type { SpawnWorker } from "./spawn-worker.ts";
import { createSupervisorMetrics } from "./supervisor-metrics.ts";
import { Supervisor } from "./supervisor.ts";

export interface SupervisorAppConfig extends ServerConfig {
  readonly workers: number;
  readonly port: number;
  /** The admin port, which is the supervisor's; `null` for none. */
  readonly admin: Pick<AdminSettings, "port" | "hostname"> | null;
}

export interface SupervisorAppDeps {
  readonly spawn: SpawnWorker;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly random?: () => number;
}

export interface SupervisorApp extends App {
  readonly adminAddress: App["address"];
  /** Makes every worker read its config again; each logs its result. */
  reload(reason: string): Promise<void>;
  /** Ends the workers at once. */
  kill(): void;
}

/** A worker that dies again and again is started twice a minute at least. */
const backoff = { baseMs: 200, maxMs: 30_000 };
const steadyMs = 60_000;
/** Fifteen seconds without an answer: a worker's clients have given up by then. */
const heartbeat = { beatMs: 1000, beatsMax: 15 };
/** Beyond the drain itself, for what is written after it. */
const lastWritesMs = 5000;

/** The supervisor as an app: it starts and ends with its workers. */
export function createSupervisorApp(config: SupervisorAppConfig, deps: SupervisorAppDeps): SupervisorApp {
  const { logger, metrics, random = Math.random } = deps;
  const { noticeMs, deadlineMs } = { ...drainDefaults, ...config.drain };
  const supervisorMetrics = createSupervisorMetrics(metrics, {
    wanted: config.workers,
    up: () => supervisor.upCount,
  });
  const own = { id: 0, worker: "supervisor", ask: () => metrics.render() };
  const instanceMetrics = new InstanceMetrics({
    sources: () => [...supervisor.sources(), own],
    onLate: (worker) => supervisorMetrics.late.with({ worker }).inc(),
  });
  const supervisor: Supervisor = new Supervisor({
    count: config.workers,
    port: config.port,
    spawn: deps.spawn,
    backoff: exponentialBackoff({ ...backoff, random }),
    heartbeat,
    drainMs: noticeMs + deadlineMs + lastWritesMs,
    steadyMs,
    logger,
    metrics: supervisorMetrics,
    instanceMetrics: () => instanceMetrics,
    now: () => performance.now(),
  });
  const admin =
    config.admin === null ? null : createAdminListener(config, config.admin, { supervisor, logger });

  return {
    name: "api-gateway",
    fetch: () => {
      throw new Error("the supervisor serves no requests");
    },
    get address() {
      return supervisor.address;
    },
    get adminAddress() {
      return admin?.address ?? null;
    },
    async start() {
      await admin?.start();
      try {
        await supervisor.start();
      } catch (thrown) {
        await admin?.stop();
        throw thrown;
      }
      const url = supervisor.address?.url;
      logger.info(
        { workers: supervisor.upCount, url, admin: admin?.address?.url ?? null },
        "the workers are listening",
      );
    },
    async stop() {
      try {
        await supervisor.stop();
      } finally {
        await admin?.stop();
      }
    },
    async reload(reason) {
      const outcomes = await supervisor.reload(reason);
      logger.info({ reason, outcomes }, "the workers were asked to reload");
    },
    kill: () => supervisor.kill(),
  };
}

function createAdminListener(
  { version, commit }: SupervisorAppConfig,
  { port, hostname }: Pick<AdminSettings, "port" | "hostname">,
  { supervisor, logger }: { readonly supervisor: Supervisor; readonly logger: Logger },
): App {
  return createElysiaServer({
    name: "admin",
    version,
    commit: commit ?? null,
    port,
    portSetting: "ADMIN_PORT",
    hostname,
    logger,
    metrics: createMetrics({ service: "api-gateway-admin", processMetrics: false }),
    front: createAdminRelay(() => supervisor.up()),
    docs: false,
    listenerBodyBytesMax: adminBodyBytesMax,
    drain: { noticeMs: 0, deadlineMs: 5000 },
  });
}
