import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  createTemporaryDirectory,
  customerSecret,
  freePort,
  serverUrl,
  startClickHouse,
  startProcesses,
  waitUntil,
} from "@libs/testing";
import type { Subprocess } from "bun";
import { runWorkload, type WorkloadOutcome } from "./support/fleet-workload.ts";
import { frontDoor } from "./support/front-door.ts";

const root = join(import.meta.dir, "../../..");
const databaseUrl = serverUrl("postgresql");
const redisBinary = Bun.which("redis-server");
const sessions = 120;

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

describe.skipIf(databaseUrl === null || redisBinary === null)(
  "on servers (set DATABASE_URL and install redis-server to run it)",
  () => {
    test("kill -9 of the fleet, of the gateway and of the queue's Redis loses no command, no result and no approval", async () => {
      await using directory = await createTemporaryDirectory("cartway-fleet-kill-");
      const redisPort = await freePort();
      const redis: { process: Subprocess | null } = { process: null };
      const startRedis = (): Promise<void> => {
        const settings = [
          "--port",
          String(redisPort),
          "--bind",
          "127.0.0.1",
          "--save",
          "",
          "--appendonly",
          "no",
        ];
        redis.process = Bun.spawn([redisBinary ?? "", ...settings], {
          cwd: directory.path,
          stdio: ["ignore", "ignore", "inherit"],
        });
        return waitUntil(
          async () => {
            const socket = await Bun.connect({
              hostname: "127.0.0.1",
              port: redisPort,
              socket: { data() {} },
            });
            socket.end();
            return true;
          },
          { what: "Redis" },
        ).then(() => undefined);
      };
      await startRedis();
      const engine = await startClickHouse({ directory: directory.path, durable: false });
      const processes = await startProcesses({
        databaseUrl: databaseUrl ?? "",
        redisUrl: `redis://127.0.0.1:${redisPort}`,
        clickhouseUrl: engine?.url ?? "",
        environment: { LOG_LEVEL: "fatal", RECOVERY_ENABLED: "false" },
      });
      const restart = (app: "fleet" | "api-gateway") => async (): Promise<void> => {
        await processes.stop(app, "SIGKILL");
        await processes.start(app);
      };
      const loseRedis = async (): Promise<void> => {
        redis.process?.kill("SIGKILL");
        await redis.process?.exited;
        await startRedis();
      };
      try {
        const disasters = [restart("fleet"), loseRedis, restart("api-gateway"), restart("fleet")];
        const door = frontDoor(processes.url("api-gateway"));
        expectNothingLost(await runWorkload({ door, devices: 6, sessions, disasters }));
      } finally {
        await processes.stopAll();
        redis.process?.kill("SIGKILL");
        engine?.process.kill();
      }
    }, 240_000);
  },
);
