import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { plainArray, timeArray } from "../batching/plain-array.ts";
import { needsApproval } from "../model/command-kinds.ts";
import type { DeviceState } from "../model/device-states.ts";
import { durableEpoch } from "../queue/postgresql-queue.ts";
import type { DraftSession } from "./draft-session.ts";

export interface InsertedSession {
  /** False, with nothing written, where the device is not active or the customer has already used the key. */
  readonly isNew: boolean;
  /** `null` where the customer has no such device. */
  readonly deviceState: DeviceState | null;
  /** Its commands are already in the queue. */
  readonly isQueued: boolean;
}

export interface NewSession {
  readonly draft: DraftSession;
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
}

export type SessionRecord = GroupCommit<NewSession, InsertedSession>;

export interface SessionRecordOptions {
  /** The queue is in the same database: commands that need no approval are queued by the same statement. */
  readonly withQueue: boolean;
}

/** Writes sessions with their commands; concurrent requests share a statement. */
export function createSessionRecord(sql: Sql, { withQueue }: SessionRecordOptions): SessionRecord {
  return new GroupCommit({
    work: (sessions) => insert(sql, sessions, withQueue),
    // two requests with one key: the later one finds what the earlier one wrote
    keyOf: ({ draft, idempotencyKey }) =>
      idempotencyKey === null ? draft.plan.sessionId : `${draft.plan.customerId} ${idempotencyKey}`,
    everyMs: sessionsEveryMs,
  });
}

const sessionsEveryMs = 15;

/**
 * Sessions, their commands and their audit events in one statement, while the devices are locked: none is suspended or retired
 * while commands are added to it. The lock is on the row's key, which state changes wait for and heartbeats do not.
 */
const text = `
  with asked as (
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
      $9::timestamptz[], $10::text[], $11::text[], $12::timestamptz[]) as asked(id, customer_id, device_id, status, reason,
      requested_by, four_eyes, plan_hash, approval_expires_at, idempotency_key, request_hash, created_at)
  ), device as (
    select id, customer_id, status from fleet_devices where id = any($3) order by id for key share
  ), session as (
    insert into fleet_sessions (id, customer_id, device_id, status, reason, requested_by, four_eyes, plan_hash,
      approval_expires_at, idempotency_key, request_hash, created_at)
    select asked.id, asked.customer_id, asked.device_id, asked.status, reason, requested_by, four_eyes, plan_hash,
      approval_expires_at, idempotency_key, request_hash, created_at
    from asked join device on device.id = asked.device_id and device.customer_id = asked.customer_id
    where device.status = 'active'
    on conflict (customer_id, idempotency_key) do nothing returning *
  ), command as (
    insert into fleet_commands (session_id, customer_id, device_id, created_at, updated_at, status, enqueued_epoch, id,
      position, kind, version, parameters, risk, needs_approval, priority, deadline_at, attempts_max)
    select session.id, customer_id, device_id, created_at, created_at,
      case session.status when 'running' then 'queued' else 'awaiting_approval' end,
      case session.status when 'running' then $24::text end, command.id, position, kind, version, parameters, risk,
      needs_approval, priority, deadline_at, attempts_max
    from unnest($13::uuid[], $14::uuid[], $15::smallint[], $16::text[], $17::smallint[], $18::jsonb[], $19::text[],
      $20::boolean[], $21::smallint[], $22::timestamptz[], $23::integer[]) as command(session_id, id, position, kind, version,
      parameters, risk, needs_approval, priority, deadline_at, attempts_max) join session on session.id = session_id
    returning id, session_id, device_id, status, priority, created_at, deadline_at, attempts_max
  ), queued as (
    insert into fleet_queue
      (command_id, device_id, priority, created_ms, deadline_ms, attempts_max, attempts, hidden_until_ms)
    select id, device_id, priority, extract(epoch from created_at) * 1000, extract(epoch from deadline_at) * 1000,
      attempts_max, 0, 0
    from command where status = 'queued' and $24::text is not null
  ), audited as (
    insert into fleet_audit (at, customer_id, device_id, session_id, actor_kind, actor_id, subject, subject_id, event,
      to_state, details)
    select created_at, customer_id, device_id, session.id, 'person', requested_by, moved.* from session cross join lateral (
      select 'session', session.id, 'open', session.status, jsonb_build_object('reason', reason)
      union all select 'command', id, 'ask', status, null::jsonb from command where session_id = session.id
    ) as moved
  )
  select asked.id, device.status as device_status, exists (select from session where session.id = asked.id) as is_new
  from asked left join device on device.id = asked.device_id and device.customer_id = asked.customer_id`;

interface InsertedRow {
  readonly id: string;
  readonly device_status: DeviceState | null;
  readonly is_new: boolean;
}

async function insert(
  sql: Sql,
  sessions: readonly NewSession[],
  withQueue: boolean,
): Promise<readonly InsertedSession[]> {
  const drafts = sessions.map(({ draft }) => draft);
  const plans = drafts.map(({ plan }) => plan);
  const commands = plans.flatMap(({ sessionId, commands: own }) =>
    own.map((command, position) => ({ ...command, sessionId, position })),
  );
  const values = [
    plainArray(plans.map((plan) => plan.sessionId)),
    plans.map((plan) => plan.customerId),
    plainArray(plans.map((plan) => plan.deviceId)),
    plainArray(drafts.map((draft) => draft.status)),
    plans.map((plan) => plan.reason),
    plans.map((plan) => plan.requestedBy),
    plans.map((plan) => plan.fourEyes),
    plainArray(drafts.map((draft) => draft.planHash)),
    plans.map((plan) => plan.approvalExpiresAt),
    sessions.map((session) => session.idempotencyKey),
    plainArray(sessions.map((session) => session.requestHash)),
    timeArray(drafts.map((draft) => draft.createdAt)),
    plainArray(commands.map((command) => command.sessionId)),
    plainArray(commands.map((command) => command.id)),
    plainArray(commands.map((command) => command.position)),
    commands.map((command) => command.kind),
    plainArray(commands.map((command) => command.version)),
    commands.map((command) => JSON.stringify(command.parameters)),
    plainArray(commands.map((command) => command.risk)),
    commands.map((command) => needsApproval[command.risk]),
    plainArray(commands.map((command) => command.priority)),
    plainArray(commands.map((command) => command.deadlineAt)),
    plainArray(commands.map((command) => command.attemptsMax)),
    withQueue ? durableEpoch : null,
  ];
  const rows = await sql.query<InsertedRow>(text, values, { prepareAs: "fleet_insert_sessions" });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return plans.map(({ sessionId }) => {
    const row = byId.get(sessionId);
    return { isNew: row?.is_new ?? false, deviceState: row?.device_status ?? null, isQueued: withQueue };
  });
}
