import type { ClickHouseClient } from "@libs/database";
import { eventInsertSettings, toRow } from "../events/events-table.ts";
import type { EventLog, EventLogParts } from "./event-log.ts";

export interface ClickHouseLogParts extends EventLogParts {
  readonly clickhouse: Pick<ClickHouseClient, "insertLines">;
}

/** Writes directly into ClickHouse: for a server on another machine, whose disk outlives this one. */
export function createClickHouseLog({ clickhouse, onReadable }: ClickHouseLogParts): EventLog {
  return {
    hasRoom: true,
    open: () => Promise.resolve(),
    async append(events) {
      const lines = events.map(({ event, sequence }) => toRow(event, sequence)).join("\n");
      await clickhouse.insertLines("events", lines, eventInsertSettings);
      onReadable(events);
    },
    isAhead: () => false,
    readable: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
