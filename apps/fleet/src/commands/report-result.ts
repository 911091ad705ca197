import { CartwayError } from "@libs/errors";
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
import type { TakenRow } from "./result-record.ts";

export interface Report {
  readonly deviceId: string;
  readonly commandId: string;
  readonly claimToken: string;
  readonly result: CommandResult;
}

export interface Reported {
  readonly status: CommandState;
  /** True where the same result was already recorded. */
  readonly repeated: boolean;
}

const events = { succeeded: "succeed", failed: "fail", refused: "refuse" } as const;

/**
 * Records the result of a command from the holder of its claim, once: the same result again gets the same answer. With the last
 * result its session ends.
 * @throws CartwayError `not_found`; `forbidden` for a suspended device; `conflict` without a claim, with an old one, after its time, or for another result
 */
export async function reportResult(fleet: Fleet, report: Report): Promise<Reported> {
  const { deviceId, commandId, result } = report;
  await fleet.statuses.requireActive(deviceId);
  const at = new Date(fleet.now());
  const status = nextState(commandMachine, "claimed", events[result.outcome]);
  const row = await take(fleet, report, { status, at });
  // not awaited: a command that has ended is delivered to nobody anyway
  void fleet.feeder.forget([{ commandId, deviceId }]);
  if (row === null) return { status, repeated: true };
  const { session_id: sessionId, customer_id: customerId } = row;
  fleet.metrics.command(status);
  fleet.live.tellCustomer(customerId, "command_updated", {
    sessionId,
    deviceId,
    commandId,
    status,
    result: forSockets(result),
  });
  if (row.session_end !== null)
    fleet.live.tellCustomer(customerId, "session_updated", { sessionId, status: row.session_end });
  else if (row.others_open > 0) await completeSession(fleet, sessionId);
  return { status, repeated: false };
}

/** A result too long for a frame is left out; clients fetch it with the session. */
function forSockets(result: CommandResult): CommandResult & { readonly isCut: boolean } {
  const isCut = JSON.stringify(result.output).length > outputCharsMax;
  return { ...result, output: isCut ? null : result.output, isCut };
}

const outputCharsMax = 65_536;

/** `null` where the same result was already recorded. */
async function take(
  fleet: Fleet,
  report: Report,
  { status, at }: { readonly status: CommandState; readonly at: Date },
): Promise<TakenRow | null> {
  const { deviceId, commandId, claimToken, result } = report;
  const resultHash = digestOf(canonicalJson(result));
  const claimDigest = digestOf(claimToken);
  const event = events[result.outcome];
  const row = await fleet.resultRecord.add({
    commandId,
    deviceId,
    claimDigest,
    at,
    status,
    event,
    result,
    resultHash,
  });
  if (row === null) await explainRefusal(fleet, report, { resultHash, at });
  return row;
}

interface RefusedRow {
  readonly status: CommandState;
  readonly device_status: DeviceState;
  readonly claim_digest: string | null;
  readonly claimed_until: Date | null;
  readonly deadline_at: Date;
  readonly result_hash: string | null;
}

/** Throws why a result was refused. Resolves if it is already recorded: then it was a repetition. */
async function explainRefusal(
  fleet: Fleet,
  { deviceId, commandId, claimToken }: Report,
  { resultHash, at }: { readonly resultHash: string; readonly at: Date },
): Promise<void> {
  const [row] = await fleet.sql.query<RefusedRow>(
    `select command.status, device.status as device_status, command.claim_digest, command.claimed_until,
        command.deadline_at, command.result_hash
      from fleet_commands command join fleet_devices device on device.id = command.device_id
      where command.id = $1 and command.device_id = $2`,
    [commandId, deviceId],
    { prepareAs: "fleet_refused_result" },
  );
  if (row === undefined) throw noSuchCommand();
  if (row.device_status === "suspended" || row.device_status === "retired")
    throw notActive(row.device_status);
  const isOwn = matchesDigest(digestOf(claimToken), row.claim_digest);
  if (isOwn && row.result_hash === resultHash) return;
  if (finalCommandStates.includes(row.status)) {
    throw new CartwayError("conflict", {
      message: `The command has ended: it is ${row.status}.`,
      details: { state: row.status },
    });
  }
  if (row.status !== "claimed") throw notHeld("unknown");
  if (!isOwn) throw notHeld("stale");
  if (row.deadline_at <= at)
    throw new CartwayError("conflict", { message: "The command's deadline has passed." });
  throw notHeld("lapsed");
}
