import type { Migration } from "@libs/database";
import { domainMigrations } from "./domain-migrations.ts";
import { loadMigrations } from "./load-migrations.ts";
import { retentionMigrations } from "./retention-migrations.ts";
import { queueMigrations } from "./queue-migrations.ts";

export const fleetMigrations: readonly Migration[] = [
  {
    id: "fleet/0001-devices",
    up: `
      create table fleet_devices (
        id uuid primary key,
        customer_id text not null,
        name text not null,
        status text not null check (status in ('provisioned', 'active')),
        secret_hash text,
        activation_hash text unique,
        activation_expires_at timestamptz,
        created_at timestamptz not null,
        registered_at timestamptz
      );
      create index fleet_devices_by_customer on fleet_devices (customer_id, created_at)`,
  },
  ...domainMigrations,
  ...queueMigrations,
  ...loadMigrations,
  ...retentionMigrations,
];
