import type { Migration } from "@libs/database";

/** Reported heartbeats, in ClickHouse, kept for 90 days. */
export const heartbeatMigrations: readonly Migration[] = [
  {
    id: "fleet/0001-heartbeats",
    up: `CREATE TABLE IF NOT EXISTS device_heartbeats (
      device_id UUID,
      customer_id String,
      at DateTime64(3, 'UTC'),
      status LowCardinality(String),
      metrics Map(LowCardinality(String), Float64)
    ) ENGINE = MergeTree
    PARTITION BY toYYYYMM(at)
    ORDER BY (device_id, at)
    TTL toDateTime(at) + INTERVAL 90 DAY`,
  },
];
