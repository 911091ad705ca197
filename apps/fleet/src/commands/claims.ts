import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { plainArray, timeArray } from "../batching/plain-array.ts";
import { commandMachine } from "../model/command-states.ts";
import { statesBefore } from "../model/state-machine.ts";
import type { ClaimRequest, CommandQueue, QueueClaim } from "../queue/command-queue.ts";
import { claimEveryMs, claimSteps, claimValues, inOrder, type QueueRow } from "../queue/postgresql-queue.ts";
import type { CommandRow } from "../sessions/session-rows.ts";

export interface ClaimedRow
  extends Pick<
    CommandRow,
    | "id"
    | "session_id"
    | "device_id"
    | "kind"
    | "version"
    | "parameters"
    | "attempts"
    | "attempts_max"
    | "deadline_at"
  > {
  readonly claimed_until: Date;
}

export interface ClaimsMade {
  /** The claimer's current time, by which the queue orders. */
  readonly rows: readonly ClaimedRow[];
  /** Entries that the queue gave but the record refused: commands that have ended, or have a later claim. */
  readonly refused: readonly string[];
}

/** Claims from the queue and records the claim; a claim counts only once both are done. */
export interface Claims {
  make(request: ClaimRequest): Promise<ClaimsMade>;
}

/**
 * A claim and its audit event are written together or not at all. A later claim is never overwritten by an earlier one that is recorded
 * late, and no claim is recorded while another is in force, even if the queue has lost that one. `source` gives id, device, attempt, end, digest and time of each claim.
 */
const recordSteps = (source: string, states: string): string => `
  moved as (
    update fleet_commands as command
    set status = 'claimed', attempts = claim.attempt, claim_digest = claim.digest, claimed_until = claim.until,
      updated_at = claim.at
    from (${source}) as claim(id, device_id, attempt, until, digest, at), fleet_devices device
    where command.id = claim.id and command.device_id = claim.device_id and command.status = any(${states})
      and command.attempts < claim.attempt and (command.claimed_until is null or command.claimed_until <= claim.at)
      and device.id = command.device_id and device.status = 'active'
    returning command.id, command.session_id, command.customer_id, command.device_id, command.kind, command.version,
      command.parameters, command.attempts, command.attempts_max, command.deadline_at, command.claimed_until,
      command.updated_at
  ), audited as (
    insert into fleet_audit (at, customer_id, subject, subject_id, device_id, session_id, event, from_state, to_state,
      actor_kind, actor_id, details)
    select updated_at, customer_id, 'command', id, device_id, session_id, 'claim',
      case attempts when 1 then 'queued' else 'claimed' end, 'claimed', 'device', device_id::text,
      jsonb_build_object('attempt', attempts, 'until', claimed_until)
    from moved
  )`;

const columns = `moved.id, moved.session_id, moved.device_id, moved.kind, moved.version, moved.parameters, moved.attempts,
  moved.attempts_max, moved.deadline_at, moved.claimed_until`;
const claimable = statesBefore(commandMachine, "claim");

/** For a queue in the record's own database: one statement for both, and for all devices that claim at the moment. */
export function createTableClaims(sql: Sql): Claims {
  const group = new GroupCommit<ClaimRequest, ClaimsMade>({
    work: (requests) => claimAndRecord(sql, requests),
    keyOf: ({ deviceId }) => deviceId,
    everyMs: claimEveryMs,
  });
  return { make: (request) => group.add(request) };
}

const heldClaims = `
  select command_id, device_id, attempts, to_timestamp(hidden_until_ms / 1000.0), claim_digest,
    to_timestamp(now_ms / 1000.0) from held`;
const claimAndRecordText = `
  with ${claimSteps}, ${recordSteps(heldClaims, "$6")}
  select held.command_id, held.device_id as holder_id, held.priority, held.created_ms, ${columns}
  from held left join moved on moved.id = held.command_id`;

type HeldRow = Pick<QueueRow, "command_id" | "priority" | "created_ms"> & {
  readonly holder_id: string;
} & (ClaimedRow | { readonly id: null });

async function claimAndRecord(sql: Sql, requests: readonly ClaimRequest[]): Promise<readonly ClaimsMade[]> {
  const values = [...claimValues(requests), claimable];
  const rows = await sql.query<HeldRow>(claimAndRecordText, values, { prepareAs: "fleet_claim" });
  const byDevice = Map.groupBy(rows.toSorted(inOrder), (row) => row.holder_id);
  return requests.map(({ deviceId }) => {
    const own = byDevice.get(deviceId) ?? [];
    return {
      rows: own.filter((row) => row.id !== null),
      refused: own.filter((row) => row.id === null).map((row) => row.command_id),
    };
  });
}

interface TakenFromQueue extends ClaimRequest {
  readonly taken: readonly QueueClaim[];
}

/** For a queue in another store: its claims are recorded next, for all devices of the moment together. */
export function createQueueClaims(queue: CommandQueue, sql: Sql): Claims {
  const group = new GroupCommit<TakenFromQueue, readonly ClaimedRow[]>({
    work: (all) => record(sql, all),
    keyOf: ({ deviceId }) => deviceId,
  });
  return {
    async make(request) {
      const taken = await queue.claim(request);
      if (taken.length === 0) return { rows: [], refused: [] };
      const recorded = new Map((await group.add({ ...request, taken })).map((row) => [row.id, row]));
      const ids = taken.map((claim) => claim.commandId);
      const rows = ids.map((id) => recorded.get(id)).filter((row) => row !== undefined);
      return { rows, refused: ids.filter((id) => !recorded.has(id)) };
    },
  };
}

/** The limit is a hint to the planner: see `result-record.ts`. */
const shownClaims = `select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::timestamptz[])
  limit $8`;
const recordText = `with ${recordSteps(shownClaims, "$7")} select ${columns} from moved`;

/** Each device at most once. */
async function record(sql: Sql, all: readonly TakenFromQueue[]): Promise<readonly (readonly ClaimedRow[])[]> {
  const each = all.flatMap(({ taken, ...request }) => taken.map((claim) => ({ ...request, ...claim })));
  const values = [
    plainArray(each.map((claim) => claim.commandId)),
    plainArray(each.map((claim) => claim.deviceId)),
    plainArray(each.map((claim) => claim.attempt)),
    timeArray(each.map((claim) => new Date(claim.untilMs))),
    plainArray(each.map((claim) => claim.claimDigest)),
    timeArray(each.map((claim) => new Date(claim.nowMs))),
    claimable,
    each.length,
  ];
  const rows = await sql.query<ClaimedRow>(recordText, values, { prepareAs: "fleet_record_claims" });
  const byDevice = Map.groupBy(rows, (row) => row.device_id);
  return all.map(({ deviceId }) => byDevice.get(deviceId) ?? []);
}
