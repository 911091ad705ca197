import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { commandMachine } from "../model/command-states.ts";
import { statesBefore } from "../model/state-machine.ts";
import type { QueueClaim } from "../queue/command-queue.ts";

/** What a queue has given to one holder. */
export interface ClaimsOfDevice {
  readonly deviceId: string;
  readonly claims: readonly QueueClaim[];
  readonly claimDigest: string;
  readonly at: Date;
}

export interface ClaimedRow {
  readonly id: string;
  readonly session_id: string;
  readonly device_id: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly attempts: number;
  readonly attempts_max: number;
  readonly deadline_at: Date;
  readonly claimed_until: Date;
}

export type ClaimRecord = GroupCommit<ClaimsOfDevice, readonly ClaimedRow[]>;

/** Puts claims on record, those of many devices together. Answers with the commands that are the claimer's now. */
export function createClaimRecord(sql: Sql): ClaimRecord {
  return new GroupCommit({ work: (all) => record(sql, all), keyOf: ({ deviceId }) => deviceId });
}

/**
 * One statement: a claim and its audit event stand together or not at all. A later claim is never overwritten by an earlier
 * one whose record came late: its holder gets nothing.
 */
const text = `
  with moved as (
    update fleet_commands as command
    set status = 'claimed', attempts = claim.attempt, claim_digest = claim.digest, claimed_until = claim.until,
      updated_at = claim.at
    from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::timestamptz[])
      as claim(id, device_id, attempt, until, digest, at), fleet_devices device
    where command.id = claim.id and command.device_id = claim.device_id and command.status = any($7)
      and command.attempts < claim.attempt and device.id = command.device_id and device.status = 'active'
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
  )
  select id, session_id, device_id, kind, version, parameters, attempts, attempts_max, deadline_at, claimed_until
  from moved`;

/** No two of them are of one device. */
async function record(sql: Sql, all: readonly ClaimsOfDevice[]): Promise<readonly (readonly ClaimedRow[])[]> {
  const each = all.flatMap(({ claims, ...holder }) => claims.map((claim) => ({ ...holder, ...claim })));
  const values = [
    each.map((claim) => claim.commandId),
    each.map((claim) => claim.deviceId),
    each.map((claim) => claim.attempt),
    each.map((claim) => new Date(claim.untilMs)),
    each.map((claim) => claim.claimDigest),
    each.map((claim) => claim.at),
    statesBefore(commandMachine, "claim"),
  ];
  const rows = await sql.query<ClaimedRow>(text, values, { prepareAs: "fleet_record_claims" });
  const byDevice = Map.groupBy(rows, (row) => row.device_id);
  return all.map(({ deviceId }) => byDevice.get(deviceId) ?? []);
}
