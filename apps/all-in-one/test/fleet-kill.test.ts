import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  createTemporaryDirectory,
  customerSecret,
  freePort,
  hasPostgreSQL,
  startClickHouse,
  startPostgreSQL,
  startProcesses,
  startRedis,
  waitUntil,
} from "@libs/testing";
import type { Subprocess } from "bun";
import { runWorkload, type WorkloadOutcome } from "./support/fleet-workload.ts";
import { startKillable } from "./support/killable-server.ts";
import { frontDoor } from "./support/front-door.ts";

const root = join(import.meta.dir, "../../..");
const sessions = 120;

/** Each kills one of the platform's processes and starts it again. */
interface Killing {
  readonly fleet: () => Promise<void>;
  readonly gateway: () => Promise<void>;
  readonly redis: () => Promise<void>;
  readonly sql: () => Promise<void>;
}

/** Nothing that was acknowledged is lost, and nothing runs that was not approved. */
function expectNothingLost(outcome: WorkloadOutcome): void {
  expect(outcome).toEqual({ lost: [], lostResults: [], unapproved: [], completed: (sessions * 5) / 6 });
}

test("kill -9 of gateway, fleet and embedded store at once loses no command, no result and no approval", async () => {
  await using directory = await createTemporaryDirectory("cartway-fleet-kill-");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env["PATH"] ?? "",
    DATA_DIRECTORY: directory.path,
    LOG_LEVEL: "fatal",
    RECOVERY_ENABLED: "false",
    CUSTOMER_JWT_SECRET: customerSecret,
    PORT: String(port),
    INGESTION_PORT: String(await freePort()),
    PREDICTION_PORT: String(await freePort()),
    AI_ENGINE_PORT: String(await freePort()),
    FLEET_PORT: String(await freePort()),
    ADMIN_PORT: "0",
  };
  let child: Subprocess | null = null;
  const start = async (): Promise<void> => {
    child = Bun.spawn([process.execPath, "scripts/start.ts"], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, {
      timeoutMs: 60_000,
      what: "the platform",
    });
  };
  const kill = async (): Promise<void> => {
    child?.kill("SIGKILL");
    await child?.exited;
  };
  const killAndStart = async (): Promise<void> => {
    await kill();
    await start();
  };
  await start();
  try {
    const disasters = [killAndStart, killAndStart];
    expectNothingLost(await runWorkload({ door: frontDoor(url), devices: 6, sessions, disasters }));
  } finally {
    await kill();
  }
}, 240_000);

const hasServers = Bun.which("redis-server") !== null && (await hasPostgreSQL());

describe.skipIf(!hasServers)("on servers (install redis-server and postgresql to run it)", () => {
  /** What happens to the platform, one after the other, while customers ask and devices answer. */
  async function runOnServers(
    { durable }: { readonly durable: boolean },
    plan: (kill: Killing) => readonly (() => Promise<void>)[],
  ): Promise<WorkloadOutcome> {
    await using directory = await createTemporaryDirectory("cartway-fleet-kill-");
    const [redisDirectory, sqlDirectory] = [directory.file("redis"), directory.file("postgresql")];
    await Promise.all([redisDirectory, sqlDirectory].map((path) => mkdir(path)));
    const redis = await startKillable(startRedis, { directory: redisDirectory, durable });
    const sql = await startKillable(startPostgreSQL, { directory: sqlDirectory, durable });
    const engine = await startClickHouse({ directory: directory.path, durable: false });
    const processes = await startProcesses({
      databaseUrl: sql.url,
      redisUrl: redis.url,
      clickhouseUrl: engine?.url ?? "",
      environment: { LOG_LEVEL: "fatal", RECOVERY_ENABLED: "false" },
    });
    const restart = (app: "fleet" | "api-gateway") => async (): Promise<void> => {
      await processes.stop(app, "SIGKILL");
      await processes.start(app);
    };
    try {
      const disasters = plan({
        fleet: restart("fleet"),
        gateway: restart("api-gateway"),
        redis: () => redis.killAndStart(),
        sql: () => sql.killAndStart(),
      });
      const door = frontDoor(processes.url("api-gateway"));
      return await runWorkload({ door, devices: 6, sessions, disasters });
    } finally {
      await processes.stopAll();
      await Promise.all([redis.stop(), sql.stop()]);
      engine?.process.kill();
    }
  }

  test("kill -9 of the fleet, of the gateway and of a Redis that forgets all loses no command, no result and no approval", async () => {
    const outcome = await runOnServers({ durable: false }, ({ fleet, redis, gateway }) => [
      fleet,
      redis,
      gateway,
      fleet,
    ]);
    expectNothingLost(outcome);
  }, 240_000);

  test("kill -9 of PostgreSQL and of Redis, alone and together, loses no command, no result and no approval", async () => {
    const outcome = await runOnServers({ durable: true }, ({ sql, redis, fleet }) => [
      sql,
      redis,
      async () => {
        await Promise.all([sql(), redis()]);
        await fleet();
      },
      sql,
    ]);
    expectNothingLost(outcome);
  }, 240_000);
});
