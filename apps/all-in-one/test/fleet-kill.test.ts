import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import {
  createTemporaryDirectory,
  customerSecret,
  hasPostgreSQL,
  startClickHouse,
  startPostgreSQL,
  startProcesses,
  startRedis,
} from "@libs/testing";
import { runWorkload, type WorkloadOutcome } from "./support/fleet-workload.ts";
import { startKillable } from "./support/killable-server.ts";
import { frontDoor } from "./support/front-door.ts";
import { spawnPlatform } from "./support/spawn-platform.ts";

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
  const platform = await spawnPlatform(directory.path, {
    LOG_LEVEL: "fatal",
    CUSTOMER_JWT_SECRET: customerSecret,
  });
  const killAndStart = async (): Promise<void> => {
    await platform.kill();
    await platform.start();
  };
  await platform.start();
  try {
    const disasters = [killAndStart, killAndStart];
    expectNothingLost(await runWorkload({ door: frontDoor(platform.url), devices: 6, sessions, disasters }));
  } finally {
    await platform.kill();
  }
}, 240_000);

const hasServers = Bun.which("redis-server") !== null && (await hasPostgreSQL());

describe.skipIf(!hasServers)("on servers (install redis-server and postgresql to run it)", () => {
  /** The failures of the platform, one after the other, while customers and devices work. */
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

  test("kill -9 of the fleet, the gateway and a Redis without persistence loses no command, no result and no approval", async () => {
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
