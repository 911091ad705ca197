import type { Migration } from "@libs/database";

/**
 * Lets the retention delete audit events older than a week, by the database's own clock; they can never be changed. The index
 * is for deleting an approval, which looks for commands that refer to it.
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
