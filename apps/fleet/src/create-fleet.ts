import {
  type ClickHouseClient,
  migrateClickHouse,
  migratePostgreSQL,
  type PostgreSQLClient,
  type RedisClient,
} from "@libs/database";
import { type App, createElysiaServer, type ServerConfig } from "@libs/elysia-server";
import type { Broker } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import { startFleetBackground } from "./background.ts";
import { createQueueClaims, createTableClaims } from "./commands/claims.ts";
import { CommandFeeder } from "./commands/command-feeder.ts";
import { createResultRecord } from "./commands/result-record.ts";
import { createThrottleLimiter } from "./devices/create-throttle-limiter.ts";
import { DeviceStatuses } from "./devices/device-statuses.ts";
import { DeviceTokens } from "./devices/device-tokens.ts";
import { type GuessRates, GuessThrottle } from "./devices/guess-throttle.ts";
import { RefusedLogins } from "./devices/refused-logins.ts";
import { type Fleet, type FleetLimits, fleetDefaults } from "./fleet.ts";
import { createFleetMetrics } from "./fleet-metrics.ts";
import { HeartbeatBook } from "./heartbeats/heartbeat-book.ts";
import { apiDescription } from "./http/described.ts";
import { createFleetRoutes, createInternalRoutes } from "./http/fleet-routes.ts";
import { createLive, type HubNotifier } from "./live/live.ts";
import { createWakeups } from "./live/wakeups.ts";
import { fleetMigrations } from "./migrations/fleet-migrations.ts";
import { heartbeatMigrations } from "./migrations/heartbeat-migrations.ts";
import { createPostgreSQLQueue } from "./queue/postgresql-queue.ts";
import { createRedisQueue } from "./queue/redis-queue.ts";
import { keepHeartbeats } from "./retention/keep-heartbeats.ts";
import { createSessionRecord } from "./sessions/insert-session.ts";

export interface FleetConfig extends ServerConfig {
  readonly limits?: Partial<FleetLimits> | undefined;
  readonly guesses?: GuessRates | undefined;
}

export interface FleetDeps extends Telemetry {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  /** Holds the command queue if given; otherwise PostgreSQL does. */
  readonly redis: RedisClient | null;
  /** Between the instances of the fleet; `null` for a single one. */
  readonly broker: Pick<Broker, "publish" | "subscribe" | "unsubscribe"> | null;
  readonly hub: HubNotifier;
  readonly now?: () => number;
  /**
   * True where no other process writes to these stores, as with the embedded engines: cached device states then hold until this
   * process changes them. Otherwise they are read again after a second. Default false.
   */
  readonly isAlone?: boolean;
}

/** Device management: provisioned by customers, registered by agents, commanded with a person's approval. */
export function createFleet(config: FleetConfig, deps: FleetDeps): App {
  const { limits, guesses, ...server } = config;
  const { sql, clickhouse, redis, logger, metrics, tracer } = deps;
  const fleet = assemble({ limits, guesses }, deps);
  let endBackground = (): Promise<void> => Promise.resolve();
  return createElysiaServer({
    ...server,
    name: "fleet",
    logger,
    metrics,
    ...(tracer === undefined ? {} : { tracer }),
    behindGateway: true,
    docsDescription: apiDescription,
    stores: { postgresql: sql, clickhouse, ...(redis === null ? {} : { redis }) },
    routes: createFleetRoutes(fleet),
    directRoutes: createInternalRoutes(fleet),
    async onStart() {
      await migratePostgreSQL(sql, fleetMigrations);
      await migrateClickHouse(clickhouse, heartbeatMigrations);
      await keepHeartbeats(clickhouse, fleet.limits.keepHeartbeatsMs);
      await fleet.wakeups.start();
      await fleet.feeder.restore();
      endBackground = startFleetBackground(fleet);
    },
    async onStop() {
      await endBackground();
      await fleet.feeder.settle();
      await fleet.heartbeats.flush();
      await fleet.throttle.close();
      await fleet.wakeups.close();
    },
  });
}

const knownMs = 1000;
const knownAloneMs = 600_000;

function assemble({ limits, guesses }: Pick<FleetConfig, "limits" | "guesses">, deps: FleetDeps): Fleet {
  const { sql, clickhouse, redis, logger, now = Date.now, isAlone = false } = deps;
  const metrics = createFleetMetrics(deps.metrics);
  const queue = redis === null ? createPostgreSQLQueue(sql) : createRedisQueue({ redis });
  const live = createLive(deps.hub, { logger, metrics });
  const wakeups = createWakeups(deps.broker);
  const ttlMs = isAlone ? knownAloneMs : knownMs;
  const statuses = new DeviceStatuses({ sql, now, ttlMs });
  const allLimits = { ...fleetDefaults, ...limits };
  return {
    sql,
    clickhouse,
    queue,
    sessionRecord: createSessionRecord(sql, { withQueue: redis === null }),
    claims: redis === null ? createTableClaims(sql) : createQueueClaims(queue, sql),
    resultRecord: createResultRecord(sql),
    feeder: new CommandFeeder({ sql, queue, wakeups, live, logger }),
    statuses,
    tokens: new DeviceTokens({ sql, statuses, now, ttlMs, tokenLifeMs: allLimits.tokenLifeMs }),
    throttle: new GuessThrottle(createThrottleLimiter(redis, logger), guesses),
    refusedLogins: new RefusedLogins(logger, metrics),
    heartbeats: new HeartbeatBook({ sql, clickhouse, logger, metrics }),
    live,
    wakeups,
    limits: allLimits,
    metrics,
    logger,
    now,
  };
}
