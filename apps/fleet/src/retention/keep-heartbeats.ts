import type { ClickHouseClient } from "@libs/database";

const dayMs = 86_400_000;

/** Sets ClickHouse's retention of heartbeats, in whole days. Does nothing if it is already set. */
export async function keepHeartbeats(clickhouse: ClickHouseClient, keepMs: number): Promise<void> {
  const days = Math.max(1, Math.round(keepMs / dayMs));
  const [table] = await clickhouse.query<{ create_table_query: string }>(
    "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'device_heartbeats'",
  );
  if (table?.create_table_query.includes(`toIntervalDay(${days})`)) return;
  // existing parts follow when they are next merged
  await clickhouse.command(
    `ALTER TABLE device_heartbeats MODIFY TTL toDateTime(at) + toIntervalDay(${days}) SETTINGS materialize_ttl_after_modify = 0`,
  );
}
