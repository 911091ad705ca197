import type { Migration } from "@libs/database";

/**
 * Devices with their life cycle, diagnostic sessions, approvals, commands and the audit trail. The tables themselves also
 * enforce the invariants: a command that needs approval cannot reach a later state without
 * the approval's row, a session is decided once, and the trail is append-only.
 */
export const domainMigrations: readonly Migration[] = [
  {
    id: "fleet/0002-device-life",
    up: `
      alter table fleet_devices drop constraint fleet_devices_status_check;
      alter table fleet_devices
        add constraint fleet_devices_status check (status in ('provisioned', 'active', 'suspended', 'retired')),
        add column kind text not null default 'kiosk',
        add column next_secret_hash text,
        add column reported jsonb,
        add column online boolean not null default false,
        add column last_seen_at timestamptz;
      create index fleet_devices_in_order on fleet_devices (customer_id, id);
      create index fleet_devices_seen on fleet_devices (last_seen_at) where online;
      create table fleet_device_tokens (
        id uuid primary key,
        device_id uuid not null references fleet_devices,
        token_hash text not null unique,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz
      );
      create index fleet_device_tokens_by_device on fleet_device_tokens (device_id) where revoked_at is null`,
  },
  {
    id: "fleet/0003-sessions",
    up: `
      create table fleet_sessions (
        id uuid primary key,
        customer_id text not null,
        device_id uuid not null references fleet_devices,
        status text not null check (status in
          ('awaiting_approval', 'running', 'completed', 'failed', 'rejected', 'expired', 'cancelled')),
        reason text not null,
        requested_by text not null,
        four_eyes boolean not null,
        plan_hash text not null,
        approval_expires_at timestamptz,
        idempotency_key text,
        request_hash text not null,
        created_at timestamptz not null,
        ended_at timestamptz,
        unique (customer_id, idempotency_key)
      );
      create index fleet_sessions_by_customer on fleet_sessions (customer_id, id);
      create index fleet_sessions_by_device on fleet_sessions (device_id, created_at desc);
      create index fleet_sessions_running on fleet_sessions (created_at) where status = 'running';
      create index fleet_sessions_waiting on fleet_sessions (approval_expires_at)
        where status = 'awaiting_approval';
      create table fleet_approvals (
        id uuid primary key,
        session_id uuid not null unique references fleet_sessions,
        decision text not null check (decision in ('approved', 'rejected')),
        plan_hash text not null,
        decided_by text not null,
        decided_at timestamptz not null,
        comment text not null
      )`,
  },
  {
    id: "fleet/0004-commands",
    up: `
      create table fleet_commands (
        id uuid primary key,
        session_id uuid not null references fleet_sessions,
        customer_id text not null,
        device_id uuid not null references fleet_devices,
        position smallint not null,
        kind text not null,
        version smallint not null,
        parameters jsonb not null,
        risk text not null check (risk in ('low', 'medium', 'high')),
        needs_approval boolean not null,
        approval_id uuid references fleet_approvals,
        priority smallint not null check (priority between 0 and 9),
        deadline_at timestamptz not null,
        attempts_max integer not null,
        attempts integer not null default 0,
        status text not null check (status in ('awaiting_approval', 'queued', 'claimed', 'succeeded', 'failed',
          'refused', 'rejected', 'expired', 'cancelled', 'dead')),
        claim_digest text,
        claimed_until timestamptz,
        enqueued_epoch text,
        result jsonb,
        result_hash text,
        dead_reason text check (dead_reason in ('deadline', 'attempts')),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint fleet_commands_run_approved check (not needs_approval or approval_id is not null
          or status in ('awaiting_approval', 'rejected', 'expired', 'cancelled'))
      );
      create index fleet_commands_by_session on fleet_commands (session_id, position);
      create index fleet_commands_by_customer on fleet_commands (customer_id, id);
      create index fleet_commands_waiting on fleet_commands (device_id, priority desc, created_at, id)
        where status in ('queued', 'claimed');
      create index fleet_commands_due on fleet_commands (deadline_at) where status in ('queued', 'claimed');
      create index fleet_commands_held on fleet_commands (claimed_until) where status = 'claimed';
      create index fleet_commands_enqueued on fleet_commands (enqueued_epoch)
        where status in ('queued', 'claimed')`,
  },
  {
    id: "fleet/0005-audit",
    up: `
      create table fleet_audit (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        customer_id text not null,
        subject text not null check (subject in ('device', 'session', 'command')),
        subject_id uuid not null,
        device_id uuid not null,
        session_id uuid,
        event text not null,
        from_state text,
        to_state text not null,
        actor_kind text not null check (actor_kind in ('person', 'device', 'system')),
        actor_id text not null,
        details jsonb
      );
      create index fleet_audit_by_session on fleet_audit (session_id, id) where session_id is not null;
      create index fleet_audit_by_device on fleet_audit (device_id, id);
      create function fleet_audit_only_grows() returns trigger language plpgsql as $$
        begin raise exception 'the audit trail only grows'; end $$;
      create trigger fleet_audit_only_grows before update or delete on fleet_audit
        for each row execute function fleet_audit_only_grows()`,
  },
];
