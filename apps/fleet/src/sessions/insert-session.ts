import type { Sql } from "@libs/database";
import { needsApproval } from "../model/command-kinds.ts";
import type { DeviceState } from "../model/device-states.ts";
import type { DraftSession } from "./draft-session.ts";

export interface InsertedSession {
  /** False, with nothing written, where the device is not active or the customer has the key already. */
  readonly isNew: boolean;
  /** `null` where the customer has no such device. */
  readonly deviceState: DeviceState | null;
}

/**
 * A session, its commands and their audit events in one statement, while the device is held: it is not retired while
 * something is being asked of it.
 */
const text = `
  with device as (
    select status from fleet_devices where id = $3 and customer_id = $2 for share
  ), session as (
    insert into fleet_sessions (id, customer_id, device_id, status, reason, requested_by, four_eyes, plan_hash,
      approval_expires_at, idempotency_key, request_hash, created_at)
    select $1::uuid, $2::text, $3::uuid, $4::text, $5::text, $6::text, $7::boolean, $8::text, $9::timestamptz, $10::text,
      $11::text, $12::timestamptz
    from device where device.status = 'active'
    on conflict (customer_id, idempotency_key) do nothing returning *
  ), command as (
    insert into fleet_commands (session_id, customer_id, device_id, created_at, updated_at, status, id, position, kind,
      version, parameters, risk, needs_approval, priority, deadline_at, attempts_max)
    select session.id, customer_id, device_id, created_at, created_at, $13::text, asked.* from session, unnest($14::uuid[],
      $15::smallint[], $16::text[], $17::smallint[], $18::jsonb[], $19::text[], $20::boolean[], $21::smallint[],
      $22::timestamptz[], $23::integer[]) as asked
    returning id, status
  ), audited as (
    insert into fleet_audit (at, customer_id, device_id, session_id, actor_kind, actor_id, subject, subject_id, event,
      to_state, details)
    select created_at, customer_id, device_id, session.id, 'person', requested_by, moved.* from session, (
      select 'session', id, 'open', status, jsonb_build_object('reason', reason) from session
      union all select 'command', id, 'ask', status, null::jsonb from command
    ) as moved
  )
  select (select status from device) as device_status, exists (select from session) as is_new`;

/** Writes a session with its commands. */
export async function insertSession(
  sql: Sql,
  { plan, planHash, status, createdAt }: DraftSession,
  { idempotencyKey, requestHash }: { readonly idempotencyKey: string | null; readonly requestHash: string },
): Promise<InsertedSession> {
  const { commands } = plan;
  const values = [
    plan.sessionId,
    plan.customerId,
    plan.deviceId,
    status,
    plan.reason,
    plan.requestedBy,
    plan.fourEyes,
    planHash,
    plan.approvalExpiresAt,
    idempotencyKey,
    requestHash,
    createdAt,
    status === "running" ? "queued" : "awaiting_approval",
    commands.map((command) => command.id),
    commands.map((_, position) => position),
    commands.map((command) => command.kind),
    commands.map((command) => command.version),
    commands.map((command) => JSON.stringify(command.parameters)),
    commands.map((command) => command.risk),
    commands.map((command) => needsApproval[command.risk]),
    commands.map((command) => command.priority),
    commands.map((command) => command.deadlineAt),
    commands.map((command) => command.attemptsMax),
  ];
  const [row] = await sql.query<{ device_status: DeviceState | null; is_new: boolean }>(text, values, {
    prepareAs: "fleet_insert_session",
  });
  return { isNew: row?.is_new ?? false, deviceState: row?.device_status ?? null };
}
