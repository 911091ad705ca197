import {
  type ClickHouseClient,
  openClickHouse,
  openPostgreSQL,
  openRedis,
  type PostgreSQLClient,
  type RedisClient,
} from "@libs/database";
import type { App } from "@libs/elysia-server";
import type { Frame } from "@libs/messaging";
import { createMemoryLogger, createMetrics, type MemoryLogger } from "@libs/monitoring";
import {
  createEventLog,
  createManualClock,
  createTemporaryDirectory,
  type EventLog,
  type ManualClock,
  serverUrl,
} from "@libs/testing";
import { createFleet, type FleetConfig } from "../../src/create-fleet.ts";
import { type Answer, createCaller } from "./call.ts";

export interface Told {
  readonly channel: string;
  /** `null` where the channel's sockets were closed. */
  readonly frame: Frame | null;
}

export interface TestFleet {
  readonly app: App;
  readonly sql: PostgreSQLClient;
  readonly redis: RedisClient | null;
  readonly clickhouse: ClickHouseClient;
  readonly clock: ManualClock;
  readonly told: EventLog<Told>;
  readonly log: MemoryLogger;
  /** As the gateway would pass it on for a person of a customer. */
  asCustomer(customerId: string, userId?: string): Caller;
  /** By a token that was issued now. */
  asDevice(deviceId: string): Caller;
  readonly asNobody: Caller;
  stop(): Promise<void>;
}

export interface Caller {
  get(path: string): Promise<Answer>;
  post(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface TestFleetOptions extends Partial<FleetConfig> {
  /** On the servers of DATABASE_URL and REDIS_URL instead of the embedded engine. */
  readonly onServers?: boolean;
}

/** A real fleet service on a free port and its own stores, with a clock that the test advances. */
export async function startFleet({
  onServers = false,
  ...config
}: TestFleetOptions = {}): Promise<TestFleet> {
  const directory = await createTemporaryDirectory("cartway-fleet-");
  const clock = createManualClock();
  const told = createEventLog<Told>();
  const log = createMemoryLogger("warn");
  const stores = onServers ? await openServers() : await openEmbedded(directory.path);
  const clickhouse = await openClickHouse({ directory: directory.file("clickhouse") });
  const app = createFleet(
    { port: 0, hostname: "127.0.0.1", version: "test", ...config },
    {
      ...stores,
      clickhouse,
      broker: null,
      hub: {
        publisher: {
          publish(channel, frame) {
            told.push({ channel, frame });
            return Promise.resolve({ position: null, id: "told" });
          },
        },
        disconnect(channel) {
          told.push({ channel, frame: null });
          return Promise.resolve();
        },
      },
      logger: log.logger,
      metrics: createMetrics({ service: "fleet", processMetrics: false }),
      now: clock.now,
    },
  );
  await app.start();
  const caller = createCaller(app.address?.url ?? "");
  return {
    app,
    ...stores,
    clickhouse,
    clock,
    told,
    log,
    asCustomer: (customerId, userId = `${customerId}-user`) =>
      caller({ "x-tenant-id": customerId, "x-user-id": userId }),
    asDevice: (deviceId) =>
      caller({
        "x-device-id": deviceId,
        "x-user-id": deviceId,
        "x-session-id": Bun.randomUUIDv7("hex", clock.now()),
      }),
    asNobody: caller({}),
    async stop() {
      await app.stop();
      await clickhouse.close();
      await stores.redis?.close();
      await stores.sql.close();
      await directory.remove();
    },
  };
}

interface OpenedStores {
  readonly sql: PostgreSQLClient;
  readonly redis: RedisClient | null;
}

async function openEmbedded(directory: string): Promise<OpenedStores> {
  return { sql: await openPostgreSQL({ directory: `${directory}/postgresql` }), redis: null };
}

async function openServers(): Promise<OpenedStores> {
  const [database, redisUrl] = [serverUrl("postgresql"), serverUrl("redis")];
  if (database === null || redisUrl === null) throw new Error("set DATABASE_URL and REDIS_URL");
  const name = `fleet_${crypto.randomUUID().replaceAll("-", "")}`;
  const maintenance = await openPostgreSQL({ url: database, poolSize: 1 });
  await maintenance.query(`create database ${name}`);
  await maintenance.close();
  const own = new URL(database);
  own.pathname = `/${name}`;
  const redis = await openRedis(redisUrl);
  return { sql: await openPostgreSQL({ url: own.href }), redis };
}
