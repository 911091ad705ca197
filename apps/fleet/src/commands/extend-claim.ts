import { CartwayError } from "@libs/errors";
import type { Fleet } from "../fleet.ts";
import { digestOf } from "../model/secrets.ts";

export interface Extension {
  readonly deviceId: string;
  readonly commandId: string;
  readonly claimToken: string;
  readonly visibilityMs: number;
}

/**
 * Extends a claim to `visibilityMs` from now, never past the command's deadline.
 * @throws CartwayError `not_found`; `conflict` where the claim has expired or is another's, or its command has ended
 */
export async function extendClaim(
  fleet: Fleet,
  { deviceId, commandId, claimToken, visibilityMs }: Extension,
): Promise<{ readonly claimedUntil: string }> {
  const device = await fleet.statuses.requireActive(deviceId);
  const claimDigest = digestOf(claimToken);
  const [known] = await fleet.sql.query(
    "select 1 from fleet_commands where id = $1 and device_id = $2",
    [commandId, device.deviceId],
    { prepareAs: "fleet_own_command" },
  );
  if (known === undefined) throw noSuchCommand();
  const answer = await fleet.queue.extend({
    deviceId,
    commandId,
    claimDigest,
    visibilityMs,
    nowMs: fleet.now(),
  });
  if (answer.outcome !== "extended") throw notHeld(answer.outcome);
  const until = new Date(answer.untilMs);
  const [row] = await fleet.sql.query(
    `update fleet_commands as command set claimed_until = $3, updated_at = $4 from fleet_devices device
      where command.id = $1 and command.claim_digest = $2 and command.status = 'claimed'
        and device.id = command.device_id and device.status = 'active' returning command.id`,
    [commandId, claimDigest, until, new Date(fleet.now())],
    { prepareAs: "fleet_extend_claim" },
  );
  if (row === undefined) throw notHeld("unknown");
  return { claimedUntil: until.toISOString() };
}

export function noSuchCommand(): CartwayError {
  return new CartwayError("not_found", { message: "There is no such command." });
}

const reasons = {
  lapsed: "The claim is over: its time had passed.",
  stale: "The claim is not the one that holds the command.",
  unknown: "The command has ended or is not held.",
} as const;

export function notHeld(reason: keyof typeof reasons): CartwayError {
  return new CartwayError("conflict", { message: reasons[reason], details: { claim: reason } });
}
