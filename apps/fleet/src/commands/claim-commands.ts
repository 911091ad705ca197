import type { Fleet } from "../fleet.ts";
import { finalCommandStates } from "../model/command-states.ts";
import { createSecret, digestOf } from "../model/secrets.ts";

export interface ClaimOptions {
  readonly deviceId: string;
  readonly max: number;
  readonly visibilityMs: number;
}

/** A command as its holder receives it. */
export interface ClaimedCommand {
  readonly id: string;
  readonly sessionId: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly deadlineAt: string;
  /** The claim's end: extend or answer before it, or the command may go to another holder. */
  readonly claimedUntil: string;
  /** Must be sent with extensions and the result. */
  readonly claimToken: string;
}

/**
 * Up to `max` commands of the device, highest priority first, each hidden from others for the visibility timeout. A command
 * is handed out only once its claim is recorded, so that the record alone decides whose result counts.
 */
export async function claimCommands(fleet: Fleet, options: ClaimOptions): Promise<readonly ClaimedCommand[]> {
  const startedAt = performance.now();
  await fleet.statuses.requireActive(options.deviceId);
  const claimToken = createSecret("clm");
  const claimDigest = digestOf(claimToken);
  const nowMs = fleet.now();
  const { rows, refused } = await fleet.claims.make({ ...options, claimDigest, nowMs });
  if (refused.length > 0) await forgetEnded(fleet, options.deviceId, refused);
  await fleet.feeder.claimed(options.deviceId, { count: rows.length, nowMs });
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

/** Queue entries of commands that have ended, for example because an instance died between recording the result and updating the queue. */
async function forgetEnded(fleet: Fleet, deviceId: string, ids: readonly string[]): Promise<void> {
  const ended = await fleet.sql.query<{ id: string }>(
    "select id from fleet_commands where id = any($1::uuid[]) and status = any($2)",
    [ids, finalCommandStates],
  );
  await fleet.queue.remove(ended.map(({ id }) => ({ commandId: id, deviceId })));
}
