import { type ClickHouseClient, migrateClickHouse, openClickHouse } from "@libs/database";
import { createTemporaryDirectory } from "@libs/testing";
import { eventMigrations } from "../../src/events/events-table.ts";

export interface EventStore {
  readonly clickhouse: ClickHouseClient;
  close(): Promise<void>;
}

/** An embedded ClickHouse with an empty table of events, in a directory that goes with it. */
export async function openEventStore(): Promise<EventStore> {
  const directory = await createTemporaryDirectory();
  const clickhouse = await openClickHouse({ directory: directory.path });
  await migrateClickHouse(clickhouse, eventMigrations);
  return {
    clickhouse,
    async close() {
      await clickhouse.close();
      await directory.remove();
    },
  };
}
