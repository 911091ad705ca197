import { CartFollower } from "./carts/cart-follower.ts";
import { CartProjection } from "./carts/cart-projection.ts";
import { SessionTouches } from "./carts/session-touches.ts";
import type { IngestionConfig, IngestionDeps } from "./create-ingestion.ts";
import { EventWriter, type EventWriterOptions, journaledWriterOptions } from "./events/event-writer.ts";
import { Sequence } from "./events/events-table.ts";
import { KnownIds } from "./events/known-ids.ts";
import { SessionFilter } from "./events/session-filter.ts";
import { createWriterMetrics, type WriterMetrics } from "./events/writer-metrics.ts";
import { createClickHouseLog } from "./log/clickhouse-log.ts";
import type { EventLog } from "./log/event-log.ts";
import { JournaledLog, type JournaledLogParts } from "./log/journaled-log.ts";
import { hasReturned } from "./recovery/has-returned.ts";
import type { ClaimedRecovery } from "./recovery/recovery-store.ts";
import { recoveryDefaults, RecoveryWorkflow } from "./recovery/recovery-workflow.ts";

export interface IngestionParts {
  readonly metrics: WriterMetrics;
  readonly sequence: Sequence;
  readonly projection: CartProjection;
  readonly carts: CartFollower;
  readonly touches: SessionTouches;
  readonly log: EventLog;
  /** `null` where other processes write to the log, too. */
  readonly filter: SessionFilter | null;
  readonly writer: EventWriter;
  readonly recovery: RecoveryWorkflow | null;
}

/** Connects the way of an event: writer, log, carts. Nothing runs yet. */
export function createIngestionParts(config: IngestionConfig, deps: IngestionDeps): IngestionParts {
  const { sql, clickhouse, logger, now = Date.now, isAlone = false } = deps;
  const metrics = createWriterMetrics(deps.metrics);
  const sequence = new Sequence(now);
  const projection = new CartProjection({ sql, clickhouse, now, logger, isAlone });
  const carts = new CartFollower({
    projection,
    logger,
    onWaiting: (events) => metrics.unfolded(events),
    onFolded: (seconds) => metrics.folded(seconds),
  });
  const touches = new SessionTouches(sql, now);
  const { log, filter, gathering } = createLog(config.journalDirectory, {
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
  const writer = new EventWriter(
    { log, known, sequence, metrics, onDoubtful: (events) => carts.doubt(events) },
    { ...gathering, ...config.writer },
  );
  const recovery = createRecovery(config, deps, log);
  return { metrics, sequence, projection, carts, touches, log, filter, writer, recovery };
}

interface LogParts {
  readonly log: EventLog;
  readonly filter: SessionFilter | null;
  readonly gathering: Partial<EventWriterOptions>;
}

/** With a journal, ClickHouse's disk is this process's own, and so is its log. */
function createLog(directory: string | undefined, parts: Omit<JournaledLogParts, "directory">): LogParts {
  if (directory === undefined) return { log: createClickHouseLog(parts), filter: null, gathering: {} };
  const log = new JournaledLog({ ...parts, directory });
  return { log, filter: new SessionFilter(), gathering: journaledWriterOptions };
}

function createRecovery(
  { recovery }: IngestionConfig,
  { recoveryServices: services, now = Date.now, ...deps }: IngestionDeps,
  log: EventLog,
): RecoveryWorkflow | null {
  if (recovery === null) return null;
  const returned = (cart: ClaimedRecovery): Promise<boolean> =>
    hasReturned({ clickhouse: deps.clickhouse, log }, cart);
  return new RecoveryWorkflow(
    { ...recoveryDefaults, ...recovery },
    { ...deps, services, now, hasReturned: returned },
  );
}
