import type { ClickHouseClient } from "@libs/database";
import type { LabelledSession } from "../features/read-csv.ts";
import { activityColumns, type ActivityRow, toActivity } from "../features/session-activity.ts";

export interface TrainingWindow {
  readonly nowMs: number;
  /** A visit counts as completed after this long without an event. */
  readonly quietMs: number;
  readonly sessionsMax: number;
}

interface TrainingRow extends ActivityRow {
  readonly has_bought: number;
}

/**
 * The latest completed visits as examples: the facts known before the purchase, and whether there was one. The purchase and later events,
 * such as the confirmation page, are excluded, so that a model cannot learn the outcome from itself. Empty if there is no table of events.
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
