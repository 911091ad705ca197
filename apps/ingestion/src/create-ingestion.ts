import {
  type ClickHouseClient,
  migrateClickHouse,
  migratePostgreSQL,
  type PostgreSQLClient,
} from "@libs/database";
import {
  type App,
  createElysiaServer,
  type RecurringWork,
  type ServerConfig,
  startBackground,
} from "@libs/elysia-server";
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
import { createWriterMetrics } from "./events/writer-metrics.ts";
import { createCartRoutes } from "./http/cart-routes.ts";
import { createDirectEventRoute, createEventRoutes } from "./http/event-routes.ts";
import { createClickHouseLog } from "./log/clickhouse-log.ts";
import type { EventLog } from "./log/event-log.ts";
import { JournaledLog, type JournaledLogParts } from "./log/journaled-log.ts";
import type { RecoveryServices } from "./recovery/recovery-services.ts";
import { recoveryDefaults, type RecoverySettings, RecoveryWorkflow } from "./recovery/recovery-workflow.ts";

export interface IngestionConfig extends ServerConfig {
  /** A cart without activity for this long is abandoned. */
  readonly abandonedAfterMs: number;
  /** `null` where nothing is done about idle carts. */
  readonly recovery: Pick<RecoverySettings, "idleMs" | "probabilityMin"> | null;
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
  const {
    sql,
    clickhouse,
    publisher: _publisher,
    recoveryServices: _services,
    now = Date.now,
    isAlone = false,
    ...telemetry
  } = deps;
  const {
    abandonedAfterMs,
    recovery: _recovery,
    writer: writerOptions,
    journalDirectory,
    ...server
  } = config;
  const { logger } = telemetry;
  const metrics = createWriterMetrics(telemetry.metrics);
  const projection = new CartProjection({ sql, clickhouse, now, logger, isAlone });
  const sequence = new Sequence(now);
  const carts = new CartFollower({
    projection,
    logger,
    onWaiting: (events) => metrics.unfolded(events),
    onFolded: (seconds) => metrics.folded(seconds),
  });
  const touches = new SessionTouches(sql, now);
  const { log, filter, gathering } = createLog(journalDirectory, {
    clickhouse,
    logger,
    onWaiting: (events) => metrics.unlogged(events),
    onFileLeft: () => metrics.fileLeft(),
    onReadable(events) {
      touches.note(events);
      carts.follow(events);
    },
  });
  const known = new KnownIds({ clickhouse, log, filter, now });
  const onDoubtful: (typeof carts)["doubt"] = (events) => carts.doubt(events);
  const writer = new EventWriter(
    { log, known, sequence, metrics, onDoubtful },
    { ...gathering, ...writerOptions },
  );
  const current = async (): Promise<void> => {
    await log.readable();
    await carts.caughtUp();
  };
  const receiving = { writer, metrics, now };
  const recovery = createRecovery(config, deps);
  const ending = new AbortController();
  const abandon = (): Promise<number> =>
    abandonIdleCarts(sql, new Date(now() - abandonedAfterMs), new Date(now()));
  const pieces: readonly (RecurringWork | null)[] = [
    { name: "touch sessions", everyMs: 1000, work: () => touches.write() },
    { name: "repair carts", everyMs: 5000, work: () => carts.repair() },
    { name: "abandon idle carts", everyMs: Math.min(10_000, abandonedAfterMs / 4), work: abandon },
    filter && {
      name: "read the log's sessions",
      everyMs: 5000,
      work: () => filter.fill(clickhouse, ending.signal),
    },
    recovery && { name: "recover carts", everyMs: 500, work: () => recovery.run() },
  ];
  let endBackground: () => Promise<void> = () => Promise.resolve();

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
      endBackground = startBackground(
        pieces.filter((piece) => piece !== null),
        logger,
      );
    },
    async onStop() {
      ending.abort();
      recovery?.stop();
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

/** The differences where ClickHouse's disk is this process's own. */
function createLog(
  directory: string | undefined,
  parts: Omit<JournaledLogParts, "directory">,
): {
  readonly log: EventLog;
  readonly filter: SessionFilter | null;
  readonly gathering: Partial<EventWriterOptions>;
} {
  if (directory === undefined) return { log: createClickHouseLog(parts), filter: null, gathering: {} };
  const log = new JournaledLog({ ...parts, directory });
  return { log, filter: new SessionFilter(), gathering: journaledWriterOptions };
}

function createRecovery(
  { recovery }: IngestionConfig,
  { recoveryServices: services, now = Date.now, ...deps }: IngestionDeps,
): RecoveryWorkflow | null {
  if (recovery === null) return null;
  return new RecoveryWorkflow({ ...recoveryDefaults, ...recovery }, { ...deps, services, now });
}
