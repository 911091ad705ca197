import { CartwayError } from "@libs/errors";
import { recordAudit } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import { deviceMachine } from "../model/device-states.ts";
import { createSecret, digestOf } from "../model/secrets.ts";
import { statesBefore } from "../model/state-machine.ts";
import { normalizeActivationCode } from "./activation-code.ts";
import { takeGuesses } from "./take-guesses.ts";

export interface RegisteredDevice {
  readonly deviceId: string;
  /** 256 bits; shown only once. */
  readonly secret: string;
}

/**
 * Uses up the code atomically: of two agents with the same one, one registers. The answer does not reveal whether a code was unknown,
 * used or expired. @throws CartwayError `invalid_credentials`, `rate_limited`
 */
export async function registerDevice(
  fleet: Fleet,
  activationCode: string,
  address: string,
): Promise<RegisteredDevice> {
  const guesses = [{ kind: "address", key: address }] as const;
  await takeGuesses(fleet, guesses, address);
  const secret = createSecret("dsk");
  const at = new Date(fleet.now());
  const deviceId = await fleet.sql.transaction(async (sql) => {
    const [row] = await sql.query<{ id: string; customer_id: string }>(
      `update fleet_devices
        set status = 'active', secret_hash = $2, next_secret_hash = null,
          registered_at = $3, activation_hash = null, activation_expires_at = null
        where activation_hash = $1 and activation_expires_at > $3 and status = any($4)
        returning id, customer_id`,
      [
        digestOf(normalizeActivationCode(activationCode)),
        digestOf(secret),
        at,
        statesBefore(deviceMachine, "register"),
      ],
    );
    if (row === undefined) return null;
    const { id, customer_id: customerId } = row;
    const event = { subject: "device", subjectId: id, deviceId: id, customerId, sessionId: null } as const;
    await recordAudit(sql, {
      at,
      actor: { kind: "device", id },
      events: [{ ...event, event: "register", from: "provisioned", to: "active" }],
    });
    return id;
  });
  if (deviceId === null) {
    fleet.refusedLogins.report({ reason: "code", address });
    throw new CartwayError("invalid_credentials", {
      message: "The activation code is unknown, used or expired.",
    });
  }
  await fleet.throttle.giveBack(guesses);
  fleet.statuses.invalidate(deviceId);
  return { deviceId, secret };
}
