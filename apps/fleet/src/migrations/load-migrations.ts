import type { Migration } from "@libs/database";

/**
 * Migrations that make frequent writes cheap.
 *
 * - A heartbeat changes no indexed column, so that its device's row is updated in place; silent devices are found by scanning those online
 * every few seconds.
 * - Of claimed commands only those on their last attempt are searched by the end of their claim.
 * - A session and its commands are inserted by the statement that locks their device, so foreign keys need not be checked, which was a
 * third of the embedded engine's work; triggers on the rare deletions keep the references intact instead.
 * - A claim changes no indexed column either: the indexes of open commands use separate columns, which change only with the first and last
 * claim. A trigger maintains them, and its condition skips unchanged rows; generated columns would have rewritten the whole table and
 * blocked everybody meanwhile.
 * - Indexes contain only rows that are searched, and are built beside the old ones while devices are served, because the tables may be
 * large.
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
  {
    id: "fleet/0008-watch-what-goes",
    up: `
      alter table fleet_sessions drop constraint fleet_sessions_device_id_fkey;
      alter table fleet_commands drop constraint fleet_commands_session_id_fkey,
        drop constraint fleet_commands_device_id_fkey;
      create function fleet_devices_stay() returns trigger language plpgsql as $$
        begin
          if not exists (select from fleet_sessions where device_id = old.id) then return old; end if;
          raise foreign_key_violation using message = 'the device has sessions';
        end $$;
      create trigger fleet_devices_stay before delete on fleet_devices
        for each row execute function fleet_devices_stay();
      create function fleet_sessions_stay() returns trigger language plpgsql as $$
        begin
          if not exists (select from fleet_commands where session_id = old.id) then return old; end if;
          raise foreign_key_violation using message = 'the session has commands';
        end $$;
      create trigger fleet_sessions_stay before delete on fleet_sessions
        for each row execute function fleet_sessions_stay()`,
  },
  {
    id: "fleet/0009-claims-in-place",
    formerly: [
      "74c9b1b345df27e6b66e565f75d5ff3cc3c92c766cd10423e9c9a46745bd34ad",
      "8868fc2e357c764082b08e3075451f5a986466174b028467bfaec1d48b3ee596",
    ],
    up: "alter table fleet_commands add column is_open boolean, add column last_claimed_until timestamptz",
  },
  {
    id: "fleet/0010-open-commands-by-trigger",
    up: `
      alter table fleet_commands
        alter column is_open drop expression if exists,
        alter column last_claimed_until drop expression if exists,
        alter column is_open drop not null;
      alter table fleet_commands alter column is_open set default true;
      create function fleet_commands_mark() returns trigger language plpgsql as $$
        begin
          new.is_open := new.status in ('queued', 'claimed');
          new.last_claimed_until :=
            case when new.status = 'claimed' and new.attempts >= new.attempts_max then new.claimed_until end;
          return new;
        end $$;
      create trigger fleet_commands_mark before insert or update on fleet_commands for each row
        when (new.is_open is distinct from (new.status in ('queued', 'claimed'))
          or new.last_claimed_until is distinct from
            (case when new.status = 'claimed' and new.attempts >= new.attempts_max then new.claimed_until end))
        execute function fleet_commands_mark()`,
  },
  {
    id: "fleet/0011-indexes-of-open-commands",
    up: [
      `update fleet_commands set is_open = true,
          last_claimed_until = case when status = 'claimed' and attempts >= attempts_max then claimed_until end
        where status in ('queued', 'claimed') and is_open is distinct from true`,
      ...builtBesides(
        "fleet_commands_open_of_device",
        "fleet_commands (device_id, priority desc, created_at, id) where is_open",
      ),
      ...builtBesides("fleet_commands_open_until", "fleet_commands (deadline_at) where is_open"),
      ...builtBesides("fleet_commands_open_in_epoch", "fleet_commands (enqueued_epoch) where is_open"),
      ...builtBesides(
        "fleet_commands_last_claims",
        "fleet_commands (last_claimed_until) where last_claimed_until is not null",
      ),
      ...builtBesides("fleet_audit_of_devices", "fleet_audit (device_id, id) where subject = 'device'"),
      ...[
        "fleet_commands_waiting",
        "fleet_commands_due",
        "fleet_commands_enqueued",
        "fleet_commands_last_held",
        "fleet_audit_by_device",
      ].map(dropped),
    ],
  },
];

/** Without a lock on its table. What a building that was broken off has left is no index, and in the way. */
function builtBesides(name: string, of: string): readonly string[] {
  return [dropped(name), `create index concurrently ${name} on ${of}`];
}

function dropped(name: string): string {
  return `drop index concurrently if exists ${name}`;
}
