import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { recordAudit } from "../audit/record-audit.ts";
import { notActive } from "../devices/device-statuses.ts";
import type { Fleet } from "../fleet.ts";
import { commandMachine, type CommandState, finalCommandStates } from "../model/command-states.ts";
import type { DeviceState } from "../model/device-states.ts";
import { canonicalJson } from "../model/plan.ts";
import { digestOf, matchesDigest } from "../model/secrets.ts";
import { nextState } from "../model/state-machine.ts";
import type { CommandResult } from "../sessions/session-rows.ts";
import { noSuchCommand, notHeld } from "./extend-claim.ts";
import { completeSession } from "./complete-session.ts";

export interface Report {
  readonly deviceId: string;
  readonly commandId: string;
  readonly claimToken: string;
  readonly result: CommandResult;
}

export interface Reported {
  readonly status: CommandState;
  /** True where the same result was there already. */
  readonly repeated: boolean;
}

interface HeldRow {
  readonly session_id: string;
  readonly customer_id: string;
  readonly status: CommandState;
  readonly device_status: DeviceState;
  readonly claim_digest: string | null;
  readonly claimed_until: Date | null;
  readonly deadline_at: Date;
  readonly result_hash: string | null;
}

const events = { succeeded: "succeed", failed: "fail", refused: "refuse" } as const;

/**
 * Takes the result of a command from the holder of its claim, once: the same result again is the same answer. With the last
 * result its session ends.
 * @throws CartwayError `not_found`; `forbidden` for a suspended device; `conflict` without a claim, with an old one, after its time, or for another result
 */
export async function reportResult(fleet: Fleet, report: Report): Promise<Reported> {
  const { deviceId, commandId, result } = report;
  await fleet.statuses.requireActive(deviceId);
  const at = new Date(fleet.now());
  const { reported, row, sessionEnd } = await fleet.sql.transaction((sql) => settle(sql, report, at));
  await fleet.queue.remove([{ commandId, deviceId }]);
  if (reported.repeated) return reported;
  const { session_id: sessionId, customer_id: customerId } = row;
  fleet.metrics.command(reported.status);
  fleet.live.tellCustomer(customerId, "command_updated", {
    sessionId,
    deviceId,
    commandId,
    status: reported.status,
    result,
  });
  if (sessionEnd !== null)
    fleet.live.tellCustomer(customerId, "session_updated", { sessionId, status: sessionEnd });
  return reported;
}

interface Settled {
  readonly reported: Reported;
  readonly row: HeldRow;
  readonly sessionEnd: string | null;
}

async function settle(sql: Sql, report: Report, at: Date): Promise<Settled> {
  const { deviceId, commandId, result } = report;
  const row = await lockCommand(sql, deviceId, commandId);
  const resultHash = digestOf(canonicalJson(result));
  if (isRepetition(row, report, resultHash)) {
    return { reported: { status: row.status, repeated: true }, row, sessionEnd: null };
  }
  requireHeld(row, report, at);
  const event = events[result.outcome];
  const to = nextState(commandMachine, row.status, event);
  await sql.query(
    `update fleet_commands set status = $2, result = $3, result_hash = $4, updated_at = $5 where id = $1`,
    [commandId, to, JSON.stringify(result), resultHash, at],
    { prepareAs: "fleet_set_result" },
  );
  const { session_id: sessionId, customer_id: customerId } = row;
  await recordAudit(sql, {
    at,
    actor: { kind: "device", id: deviceId },
    events: [
      {
        subject: "command",
        subjectId: commandId,
        customerId,
        deviceId,
        sessionId,
        event,
        from: row.status,
        to,
        ...(result.message === null ? {} : { details: { message: result.message } }),
      },
    ],
  });
  const sessionEnd = await completeSession(sql, { sessionId, customerId, deviceId, at });
  return { reported: { status: to, repeated: false }, row, sessionEnd };
}

/** Holds the session, then the command. */
async function lockCommand(sql: Sql, deviceId: string, commandId: string): Promise<HeldRow> {
  const [session] = await sql.query(
    `select id from fleet_sessions
      where id = (select session_id from fleet_commands where id = $1 and device_id = $2) for update`,
    [commandId, deviceId],
    { prepareAs: "fleet_lock_session_of" },
  );
  const [row] = await sql.query<HeldRow>(
    `select command.session_id, command.customer_id, command.status, device.status as device_status,
        command.claim_digest, command.claimed_until, command.deadline_at, command.result_hash
      from fleet_commands command join fleet_devices device on device.id = command.device_id
      where command.id = $1 and command.device_id = $2 for update of command for share of device`,
    [commandId, deviceId],
    { prepareAs: "fleet_lock_command" },
  );
  if (session === undefined || row === undefined) throw noSuchCommand();
  if (row.device_status === "suspended" || row.device_status === "retired")
    throw notActive(row.device_status);
  return row;
}

function isRepetition(row: HeldRow, { claimToken }: Report, resultHash: string): boolean {
  return row.result_hash === resultHash && matchesDigest(digestOf(claimToken), row.claim_digest);
}

function requireHeld(row: HeldRow, { claimToken }: Report, at: Date): void {
  if (row.status !== "claimed") {
    if (finalCommandStates.includes(row.status)) {
      throw new CartwayError("conflict", {
        message: `The command has ended: it is ${row.status}.`,
        details: { state: row.status },
      });
    }
    throw notHeld("unknown");
  }
  if (!matchesDigest(digestOf(claimToken), row.claim_digest)) throw notHeld("stale");
  if (row.deadline_at <= at)
    throw new CartwayError("conflict", { message: "The command's deadline has passed." });
  if (row.claimed_until === null || row.claimed_until <= at) throw notHeld("lapsed");
}
