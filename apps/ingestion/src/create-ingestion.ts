import {
  type ClickHouseClient,
  migrateClickHouse,
  migratePostgreSQL,
  type PostgreSQLClient,
} from "@libs/database";
import { type App, createElysiaServer, type ServerConfig } from "@libs/elysia-server";
import type { Publisher } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import { cartMigrations } from "./carts/cart-migrations.ts";
import { CartFollower } from "./carts/cart-follower.ts";
import { CartProjection } from "./carts/cart-projection.ts";
import { abandonIdleCarts } from "./carts/cart-store.ts";
import { SessionTouches } from "./carts/session-touches.ts";
import { EventWriter, type EventWriterOptions, journaledWriterOptions } from "./events/event-writer.ts";
import { eventMigrations, Sequence } from "./events/events-table.ts";
import { KnownIds } from "./events/known-ids.ts";
import { SessionFilter } from "./events/session-filter.ts";
import type { StoredEvent } from "./events/stored-event.ts";
import { createWriterMetrics } from "./events/writer-metrics.ts";
import { createCartRoutes } from "./http/cart-routes.ts";
import { createDirectEventRoute, createEventRoutes } from "./http/event-routes.ts";
import { createClickHouseLog } from "./log/clickhouse-log.ts";
import { JournaledLog } from "./log/journaled-log.ts";
import type { RecoveryServices } from "./recovery/recovery-services.ts";
import { recoveryDefaults, RecoveryWorkflow } from "./recovery/recovery-workflow.ts";
import { repeat } from "./repeat.ts";

export interface IngestionConfig extends ServerConfig {
  /** A cart without activity for this long is abandoned. */
  readonly abandonedAfterMs: number;
  /** `null` where idle carts are nobody's business. */
  readonly recovery: { readonly idleMs: number; readonly probabilityMin: number } | null;
  readonly writer?: Partial<EventWriterOptions>;
  /**
   * Where events are made durable on their way to a ClickHouse whose disk is this process's own: its answer is not waited for.
   * Not for a server's: what is acknowledged belongs on the disk that outlives this one.
   */
  readonly journalDirectory?: string;
}

export interface IngestionDeps extends Telemetry {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  readonly publisher: Pick<Publisher, "publish">;
  readonly recoveryServices: RecoveryServices;
  readonly now?: () => number;
}

export interface Ingestion extends App {
  /** Resolves when what was acknowledged, of these sessions or of all, can be read in ClickHouse. Rejects where it is away. */
  readable(sessionIds?: readonly string[]): Promise<void>;
}

/** Cart events in, on disk before they are acknowledged; cart state; idle carts won back. */
export function createIngestion(config: IngestionConfig, deps: IngestionDeps): Ingestion {
  const { sql, clickhouse, publisher, recoveryServices, now = Date.now, ...telemetry } = deps;
  const {
    abandonedAfterMs,
    recovery: recoverySettings,
    writer: writerOptions,
    journalDirectory,
    ...server
  } = config;
  const { logger, metrics } = telemetry;
  const writerMetrics = createWriterMetrics(metrics);
  const projection = new CartProjection({ sql, clickhouse, now, logger });
  const sequence = new Sequence(now);
  const carts = new CartFollower({
    projection,
    logger,
    onWaiting: (events) => writerMetrics.unfolded(events),
    onFolded: (seconds) => writerMetrics.folded(seconds),
  });
  const touches = new SessionTouches(sql, now);
  const logParts = {
    clickhouse,
    onReadable(events: readonly StoredEvent[]): void {
      touches.note(events);
      carts.follow(events);
    },
  };
  const log =
    journalDirectory === undefined
      ? createClickHouseLog(logParts)
      : new JournaledLog({
          ...logParts,
          directory: journalDirectory,
          logger,
          onWaiting: (events) => writerMetrics.unlogged(events),
        });
  const filter = journalDirectory === undefined ? null : new SessionFilter();
  const ending = new AbortController();
  const writer = new EventWriter(
    {
      log,
      known: new KnownIds({ clickhouse, log, filter }),
      sequence,
      metrics: writerMetrics,
      onDoubtful: (events) => carts.doubt(events),
    },
    { ...(journalDirectory === undefined ? {} : journaledWriterOptions), ...writerOptions },
  );
  const current = async (): Promise<void> => {
    await log.readable();
    await carts.caughtUp();
  };
  const receiving = { writer, metrics: writerMetrics, now };
  const recovery =
    recoverySettings === null
      ? null
      : new RecoveryWorkflow(
          { ...recoveryDefaults, ...recoverySettings },
          { ...telemetry, sql, services: recoveryServices, publisher, now },
        );
  let background: (() => Promise<void>)[] = [];

  function startBackground(): void {
    const abandon = (): Promise<number> =>
      abandonIdleCarts(sql, new Date(now() - abandonedAfterMs), new Date(now()));
    background = [
      repeat(() => touches.write(), { name: "touch sessions", everyMs: 1000, logger }),
      repeat(() => carts.repair(), { name: "repair carts", everyMs: 5000, logger }),
      repeat(abandon, {
        name: "abandon idle carts",
        everyMs: Math.min(10_000, abandonedAfterMs / 4),
        logger,
      }),
      ...(filter === null
        ? []
        : [
            repeat(() => filter.fill(clickhouse, ending.signal), {
              name: "read the log's sessions",
              everyMs: 5000,
              logger,
            }),
          ]),
      ...(recovery === null
        ? []
        : [repeat(() => recovery.run(), { name: "recover carts", everyMs: 500, logger })]),
    ];
  }

  const app = createElysiaServer({
    ...server,
    ...telemetry,
    name: "ingestion",
    behindGateway: true,
    stores: { postgresql: sql, clickhouse },
    directRoutes: [createDirectEventRoute(receiving)],
    routes: [
      createEventRoutes(receiving),
      createCartRoutes({ sql, clickhouse, current, log, now, abandonedAfterMs }),
    ],
    async onStart() {
      await migrateClickHouse(clickhouse, eventMigrations);
      await migratePostgreSQL(sql, cartMigrations);
      await log.open();
      const repaired = await carts.repair();
      sequence.goOnFrom(await projection.newest());
      if (repaired > 0) logger.info({ carts: repaired }, "carts were brought up to the events");
      startBackground();
    },
    async onStop() {
      ending.abort();
      recovery?.stop();
      await writer.close();
      await log.close();
      await carts.caughtUp();
      await Promise.all(background.map((end) => end()));
    },
  });
  return Object.assign(app, {
    async readable(sessionIds?: readonly string[]): Promise<void> {
      if (sessionIds === undefined || sessionIds.some((id) => log.isAhead(id))) await log.readable();
    },
  });
}
