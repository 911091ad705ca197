import type { DeviceStatus } from "../devices/device-statuses.ts";
import type { Fleet } from "../fleet.ts";
import { commandMachine, finalCommandStates } from "../model/command-states.ts";
import { createSecret, digestOf } from "../model/secrets.ts";
import { statesBefore } from "../model/state-machine.ts";
import type { QueueClaim } from "../queue/command-queue.ts";

export interface ClaimOptions {
  readonly deviceId: string;
  readonly max: number;
  readonly visibilityMs: number;
}

/** A command as its holder gets it. */
export interface ClaimedCommand {
  readonly id: string;
  readonly sessionId: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly deadlineAt: string;
  /** To be extended or answered before this moment: then it is somebody else's. */
  readonly claimedUntil: string;
  /** To be shown with the extension and the result. */
  readonly claimToken: string;
}

interface ClaimedRow {
  readonly id: string;
  readonly session_id: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly attempts: number;
  readonly attempts_max: number;
  readonly deadline_at: Date;
  readonly claimed_until: Date;
}

/**
 * Up to `max` commands of the device, the most urgent first, each hidden from others for the visibility timeout. A command
 * is given only once its claim is on record, so that the record alone decides whose result counts.
 */
export async function claimCommands(fleet: Fleet, options: ClaimOptions): Promise<readonly ClaimedCommand[]> {
  const startedAt = performance.now();
  const device = await fleet.statuses.requireActive(options.deviceId);
  const claimToken = createSecret("clm");
  const claimDigest = digestOf(claimToken);
  const claims = await fleet.queue.claim({ ...options, claimDigest, nowMs: fleet.now() });
  const rows = claims.length === 0 ? [] : await record(fleet, { device, claims, claimDigest });
  const seconds = (performance.now() - startedAt) / 1000;
  fleet.metrics.claim(rows.length === 0 ? "empty" : "claimed", seconds);
  fleet.metrics.command("claimed", rows.length);
  return rows.map((row) => ({
    id: row.id,
    sessionId: row.session_id,
    kind: row.kind,
    version: row.version,
    parameters: row.parameters,
    attempt: row.attempts,
    attemptsMax: row.attempts_max,
    deadlineAt: row.deadline_at.toISOString(),
    claimedUntil: row.claimed_until.toISOString(),
    claimToken,
  }));
}

interface Claiming {
  readonly device: DeviceStatus;
  readonly claims: readonly QueueClaim[];
  readonly claimDigest: string;
}

/**
 * One statement: the claim and its audit event stand together or not at all. A later claim is never overwritten by an
 * earlier one whose record came late: its holder gets nothing.
 */
const recordText = `
  with moved as (
    update fleet_commands as command
    set status = 'claimed', attempts = claim.attempt, claim_digest = $1, claimed_until = claim.until, updated_at = $2
    from unnest($3::uuid[], $4::integer[], $5::timestamptz[]) as claim(id, attempt, until), fleet_devices device
    where command.id = claim.id and command.device_id = $6 and command.status = any($7)
      and command.attempts < claim.attempt and device.id = command.device_id and device.status = 'active'
    returning command.id, command.session_id, command.customer_id, command.device_id, command.kind, command.version,
      command.parameters, command.attempts, command.attempts_max, command.deadline_at, command.claimed_until
  ), audited as (
    insert into fleet_audit (at, customer_id, subject, subject_id, device_id, session_id, event, from_state, to_state,
      actor_kind, actor_id, details)
    select $2, customer_id, 'command', id, device_id, session_id, 'claim',
      case attempts when 1 then 'queued' else 'claimed' end, 'claimed', 'device', device_id::text,
      jsonb_build_object('attempt', attempts, 'until', claimed_until)
    from moved
  )
  select * from moved`;

async function record(
  fleet: Fleet,
  { device, claims, claimDigest }: Claiming,
): Promise<readonly ClaimedRow[]> {
  const ids = claims.map((claim) => claim.commandId);
  const values = [
    claimDigest,
    new Date(fleet.now()),
    ids,
    claims.map((claim) => claim.attempt),
    claims.map((claim) => new Date(claim.untilMs)),
    device.deviceId,
    statesBefore(commandMachine, "claim"),
  ];
  const rows = await fleet.sql.query<ClaimedRow>(recordText, values, { prepareAs: "fleet_record_claim" });
  if (rows.length < ids.length) {
    const given = new Set(rows.map((row) => row.id));
    const missing = ids.filter((id) => !given.has(id));
    await forgetEnded(fleet, device.deviceId, missing);
  }
  const order = new Map(ids.map((id, index) => [id, index]));
  return rows.toSorted((first, second) => (order.get(first.id) ?? 0) - (order.get(second.id) ?? 0));
}

/** Entries whose commands have ended, such as by a result whose sender died before the queue was told. */
async function forgetEnded(fleet: Fleet, deviceId: string, ids: readonly string[]): Promise<void> {
  const ended = await fleet.sql.query<{ id: string }>(
    "select id from fleet_commands where id = any($1::uuid[]) and status = any($2)",
    [ids, finalCommandStates],
  );
  await fleet.queue.remove(ended.map(({ id }) => ({ commandId: id, deviceId })));
}
