import type { Migration } from "@libs/database";

/**
 * What makes frequent writes cheap. A heartbeat changes no indexed column, so that it rewrites its device in place; those who
 * fell silent are found by looking at all that are online, every few seconds. Of held commands only those on their last
 * attempt are looked for by the end of their claim.
 */
export const loadMigrations: readonly Migration[] = [
  {
    id: "fleet/0006-lighter-writes",
    up: `
      drop index fleet_devices_seen;
      drop index fleet_devices_by_customer;
      alter table fleet_devices set (fillfactor = 70);
      alter table fleet_commands set (fillfactor = 80);
      drop index fleet_commands_held;
      create index fleet_commands_last_held on fleet_commands (claimed_until)
        where status = 'claimed' and attempts >= attempts_max`,
  },
];
