import type { Migration } from "@libs/database";

/**
 * What is a week old may leave the trail, as the retention says; nothing of it is ever changed. By the database's own clock. An
 * approval that goes is looked for in the commands.
 */
export const retentionMigrations: readonly Migration[] = [
  {
    id: "fleet/0007-retention",
    up: `
      create or replace function fleet_audit_only_grows() returns trigger language plpgsql as $$
        begin
          if tg_op = 'DELETE' and old.at < now() - interval '7 days' then return old; end if;
          raise exception 'the audit trail only grows';
        end $$;
      create index fleet_commands_by_approval on fleet_commands (approval_id) where approval_id is not null`,
  },
];
