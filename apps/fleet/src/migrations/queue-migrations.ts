import type { Migration } from "@libs/database";

/**
 * Times are milliseconds. A claim changes no indexed column, so that it rewrites its row in place and the index stays as
 * large as the queue is.
 */
export const queueMigrations: readonly Migration[] = [
  {
    id: "fleet/queue-0001-entries",
    up: `
      create table fleet_queue (
        command_id uuid primary key,
        device_id uuid not null,
        priority smallint not null,
        created_ms bigint not null,
        deadline_ms bigint not null,
        attempts_max integer not null,
        attempts integer not null,
        claim_digest text,
        hidden_until_ms bigint not null
      ) with (fillfactor = 80);
      create index fleet_queue_in_order on fleet_queue (device_id, priority desc, created_ms, command_id)`,
  },
];
