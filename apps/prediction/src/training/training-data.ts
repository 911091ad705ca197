import type { ClickHouseClient } from "@libs/database";
import type { LabelledSession } from "../features/read-csv.ts";
import { activityColumns, type ActivityRow, toActivity } from "../features/session-activity.ts";

export interface TrainingWindow {
  readonly nowMs: number;
  /** A visit counts as over when nothing was heard of it for this long. */
  readonly quietMs: number;
  readonly sessionsMax: number;
}

/**
 * The newest visits that are over, as examples: what was known of each before it bought, and whether it did. The
 * purchase itself is left out of the facts, so that a model cannot learn the end from the end.
 */
export async function readTrainingSessions(
  clickhouse: ClickHouseClient,
  { nowMs, quietMs, sessionsMax }: TrainingWindow,
): Promise<readonly LabelledSession[]> {
  const rows = await clickhouse.query<ActivityRow>(
    `SELECT ${activityColumns} FROM events FINAL GROUP BY session_id
      HAVING last_ms < {before:Float64} ORDER BY last_ms DESC LIMIT {limit:UInt32}`,
    { before: nowMs - quietMs, limit: sessionsMax },
  );
  return rows.map((row) => {
    const { facts, purchased } = toActivity(row);
    return { facts, purchased };
  });
}
