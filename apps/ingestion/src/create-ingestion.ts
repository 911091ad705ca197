import {
  type ClickHouseClient,
  migrateClickHouse,
  migratePostgreSQL,
  type PostgreSQLClient,
} from "@libs/database";
import { type App, createElysiaServer, type ServerConfig } from "@libs/elysia-server";
import type { Publisher } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import { startIngestionBackground } from "./background.ts";
import { cartMigrations } from "./carts/cart-migrations.ts";
import type { EventWriterOptions } from "./events/event-writer.ts";
import { eventMigrations } from "./events/events-table.ts";
import { createCartRoutes } from "./http/cart-routes.ts";
import { createDirectEventRoute, createEventRoutes } from "./http/event-routes.ts";
import { createIngestionParts } from "./ingestion-parts.ts";
import type { RecoveryServices } from "./recovery/recovery-services.ts";
import type { RecoverySettings } from "./recovery/recovery-workflow.ts";

export interface IngestionConfig extends ServerConfig {
  /** A cart without activity for this long is abandoned. */
  readonly abandonedAfterMs: number;
  /** `null` where nothing is done about idle carts. */
  readonly recovery:
    | (Pick<RecoverySettings, "idleMs" | "probabilityMin"> &
        Partial<Pick<RecoverySettings, "idleMsMax" | "budget">>)
    | null;
  readonly writer?: Partial<EventWriterOptions>;
  /**
   * The journal in front of a ClickHouse whose disk is this process's own: acknowledgements then do not wait for ClickHouse.
   * Not for a ClickHouse server: acknowledged events belong on the server's disk, which outlives this one.
   */
  readonly journalDirectory?: string;
}

export interface IngestionDeps extends Telemetry {
  readonly sql: PostgreSQLClient;
  readonly clickhouse: ClickHouseClient;
  readonly publisher: Pick<Publisher, "publish">;
  readonly recoveryServices: RecoveryServices;
  readonly now?: () => number;
  /** True where no other process writes to this PostgreSQL, as with the embedded engine. Default false. */
  readonly isAlone?: boolean;
}

export interface Ingestion extends App {
  /** Resolves when the acknowledged events of these sessions, or of all, can be read in ClickHouse. Rejects where it is away. */
  readable(sessionIds?: readonly string[]): Promise<void>;
}

/** Receives cart events, stored before they are acknowledged; keeps cart state; recovers idle carts. */
export function createIngestion(config: IngestionConfig, deps: IngestionDeps): Ingestion {
  const { sql, clickhouse, logger, metrics, tracer, now = Date.now } = deps;
  const { abandonedAfterMs } = config;
  const parts = createIngestionParts(config, deps);
  const { log, carts, writer } = parts;
  const receiving = { writer, metrics: parts.metrics, now };
  /** Resolves when carts reflect everything that was acknowledged. */
  const current = async (): Promise<void> => {
    await log.readable();
    await carts.caughtUp();
  };
  let endBackground: () => Promise<void> = () => Promise.resolve();

  const app = createElysiaServer({
    ...config,
    logger,
    metrics,
    ...(tracer === undefined ? {} : { tracer }),
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
      parts.sequence.goOnFrom(await parts.projection.newest());
      if (repaired > 0) logger.info({ carts: repaired }, "carts were updated with missed events");
      endBackground = startIngestionBackground(config, deps, parts);
    },
    async onStop() {
      parts.recovery?.stop();
      await writer.close();
      await log.close();
      await carts.caughtUp();
      await endBackground();
    },
  });
  return Object.assign(app, {
    async readable(sessionIds?: readonly string[]): Promise<void> {
      if (sessionIds === undefined || sessionIds.some((id) => log.isAhead(id))) await log.readable();
    },
  });
}
