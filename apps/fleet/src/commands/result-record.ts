import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { plainArray, timeArray } from "../batching/plain-array.ts";
import {
  type CommandEvent,
  commandMachine,
  type CommandState,
  finalCommandStates,
} from "../model/command-states.ts";
import { sessionMachine, type SessionState } from "../model/session-states.ts";
import { statesBefore } from "../model/state-machine.ts";
import type { CommandResult } from "../sessions/session-rows.ts";

/** A result as its sender presents it; whether it counts is decided when it is recorded. */
export interface ShownResult {
  readonly commandId: string;
  readonly deviceId: string;
  readonly claimDigest: string;
  readonly at: Date;
  readonly status: CommandState;
  readonly event: CommandEvent;
  readonly result: CommandResult;
  readonly resultHash: string;
}

export interface TakenRow {
  readonly id: string;
  readonly session_id: string;
  readonly customer_id: string;
  /** The session's new state, given with one of its results; `null` with the others and while it continues. */
  readonly session_end: SessionState | null;
  readonly others_open: number;
}

/** `null` for a result that was refused. */
export type ResultRecord = GroupCommit<ShownResult, TakenRow | null>;

/** Records results, those of many devices together. */
export function createResultRecord(sql: Sql): ResultRecord {
  return new GroupCommit({
    work: (shown) => take(sql, shown),
    keyOf: ({ commandId }) => commandId,
    everyMs: resultsEveryMs,
  });
}

/** A device that has finished its work can wait this long: twice as many results per statement cost little more. */
const resultsEveryMs = 15;

/**
 * One statement: each result, its audit event and the end of its session are written together or not at all, and only while the
 * claim is in force. Last results in two concurrent statements do not see each other: then the session is ended afterwards.
 * The prior states are passed as lists, so that no partial index matches: a plan with it would read all open commands for a few. The
 * limit never cuts rows off: it makes the planner expect few rows, so that a plan made while the table was small does not scan all of it later.
 */
const text = `
  with taken as (
    update fleet_commands as command
    set status = shown.status, result = shown.result, result_hash = shown.hash, updated_at = shown.at
    from (
      select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::jsonb[],
        $8::text[]) limit $12
    ) as shown(id, device_id, claim_digest, at, status, event, result, hash), fleet_devices device
    where command.id = shown.id and command.device_id = shown.device_id and command.claim_digest = shown.claim_digest
      and command.status = any($10) and command.claimed_until > shown.at and command.deadline_at > shown.at
      and device.id = command.device_id and device.status = 'active'
    returning command.id, command.session_id, command.customer_id, command.device_id, command.status,
      command.updated_at, command.result, shown.event
  ), own as (
    select session_id, max(updated_at) as at, count(*) filter (where status <> 'succeeded') as unsuccessful
    from taken group by session_id
  ), others as (
    select own.session_id, own.at, count(other.id) filter (where other.status <> all($9)) as open,
      own.unsuccessful + count(other.id) filter (where other.status <> 'succeeded') as unsuccessful
    from own left join fleet_commands other
      on other.session_id = own.session_id and not exists (select from taken where taken.id = other.id)
    group by own.session_id, own.at, own.unsuccessful
  ), ended as (
    update fleet_sessions as session
    set ended_at = others.at, status = case others.unsuccessful when 0 then 'completed' else 'failed' end
    from others where session.id = others.session_id and session.status = any($11) and others.open = 0
    returning session.id, session.customer_id, session.device_id, session.status, session.ended_at
  ), audited as (
    insert into fleet_audit (at, customer_id, subject, subject_id, device_id, session_id, event, from_state, to_state,
      actor_kind, actor_id, details)
    select updated_at, customer_id, 'command', id, device_id, session_id, event, 'claimed', status, 'device',
      device_id::text, case when result ->> 'message' is not null then jsonb_build_object('message', result -> 'message') end
    from taken
    union all
    select ended_at, customer_id, 'session', id, device_id, id,
      case status when 'completed' then 'complete' else 'fail' end, 'running', status, 'system', 'fleet', null
    from ended
  )
  select taken.id, taken.session_id, taken.customer_id, ended.status as session_end, others.open as others_open
  from taken join others on others.session_id = taken.session_id left join ended on ended.id = taken.session_id`;

const claimed = statesBefore(commandMachine, "succeed");
const running = statesBefore(sessionMachine, "complete");

async function take(sql: Sql, shown: readonly ShownResult[]): Promise<readonly (TakenRow | null)[]> {
  const values = [
    plainArray(shown.map((one) => one.commandId)),
    plainArray(shown.map((one) => one.deviceId)),
    plainArray(shown.map((one) => one.claimDigest)),
    timeArray(shown.map((one) => one.at)),
    plainArray(shown.map((one) => one.status)),
    plainArray(shown.map((one) => one.event)),
    shown.map((one) => JSON.stringify(one.result)),
    plainArray(shown.map((one) => one.resultHash)),
    finalCommandStates,
    claimed,
    running,
    shown.length,
  ];
  const rows = await sql.query<TakenRow>(text, values, { prepareAs: "fleet_take_results" });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const told = new Set<string>();
  return shown.map(({ commandId }) => {
    const row = byId.get(commandId);
    if (row === undefined) return null;
    if (row.session_end === null || !told.has(row.session_id)) {
      told.add(row.session_id);
      return row;
    }
    return { ...row, session_end: null };
  });
}
