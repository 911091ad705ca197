import type { ClickHouseClient } from "@libs/database";
import { eventInsertSettings } from "../events/events-table.ts";

/** Rows per insert, and sessions per query. */
const linesMax = 5000;

/** Inserts those rows, as written by `toRow`, that the table does not contain. @returns how many. */
export async function insertMissing(
  clickhouse: Pick<ClickHouseClient, "insertLines" | "query">,
  lines: readonly string[],
): Promise<number> {
  let inserted = 0;
  for (let start = 0; start < lines.length; start += linesMax) {
    const rows = lines.slice(start, start + linesMax).map((line) => ({ line, ...keyOf(line) }));
    const held = await clickhouse.query<{ session_id: string; id: string }>(
      "SELECT session_id, id FROM events WHERE session_id IN ({sessions:Array(String)}) AND id IN ({ids:Array(String)})",
      { sessions: [...new Set(rows.map((row) => row.sessionId))], ids: rows.map((row) => row.id) },
    );
    const keys = new Set(held.map((row) => `${row.session_id}\n${row.id}`));
    const missing = rows.filter((row) => !keys.has(`${row.sessionId}\n${row.id}`));
    const text = missing.map((row) => row.line).join("\n");
    if (missing.length > 0) await clickhouse.insertLines("events", text, eventInsertSettings);
    inserted += missing.length;
  }
  return inserted;
}

function keyOf(line: string): { readonly sessionId: string; readonly id: string } {
  const row: { readonly session_id: string; readonly id: string } = JSON.parse(line);
  return { sessionId: row.session_id, id: row.id };
}
