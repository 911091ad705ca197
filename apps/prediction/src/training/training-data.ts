import type { ClickHouseClient } from "@libs/database";
import type { LabelledSession } from "../features/read-csv.ts";
import { activityColumns, type ActivityRow, toActivity } from "../features/session-activity.ts";

export interface TrainingWindow {
  readonly nowMs: number;
  /** A visit counts as over when nothing was heard of it for this long. */
  readonly quietMs: number;
  readonly sessionsMax: number;
}

interface TrainingRow extends ActivityRow {
  readonly has_bought: number;
}

/**
 * The newest visits that are over, as examples: what was known of each before it bought, and whether it did. The purchase and what
 * follows it, such as the page that confirms it, are left out of the facts, so that a model cannot learn the end from the end.
 * Without a table of events there are none.
 */
export async function readTrainingSessions(
  clickhouse: ClickHouseClient,
  { nowMs, quietMs, sessionsMax }: TrainingWindow,
): Promise<readonly LabelledSession[]> {
  const reading = clickhouse.query<TrainingRow>(
    `SELECT ${activityColumns}, toUInt8(any(bought_at) > 0) AS has_bought
      FROM events FINAL LEFT JOIN (
        SELECT session_id, min(events.sequence) AS bought_at FROM events WHERE type = 'purchase' GROUP BY session_id
      ) AS bought USING (session_id)
      WHERE bought_at = 0 OR events.sequence < bought_at GROUP BY session_id
      HAVING last_ms < {before:Float64} ORDER BY last_ms DESC LIMIT {limit:UInt32} SETTINGS join_use_nulls = 0`,
    { before: nowMs - quietMs, limit: sessionsMax },
  );
  const rows = await reading.catch(noneBeforeTheFirstStart);
  return rows.map((row) => ({ facts: toActivity(row).facts, purchased: row.has_bought === 1 }));
}

/** Ingestion makes the table, and may start after this service. */
function noneBeforeTheFirstStart(thrown: unknown): readonly TrainingRow[] {
  if (thrown instanceof Error && Reflect.get(thrown, "type") === "UNKNOWN_TABLE") return [];
  throw thrown;
}
