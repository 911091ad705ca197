import { CartwayError } from "@libs/errors";
import type { Fleet } from "../fleet.ts";
import { createSecret, digestOf } from "../model/secrets.ts";

/**
 * Issues another secret to a device. The current one stays valid until the new one is first used, so that a lost
 * answer locks no device out. @returns the new secret, shown only once
 */
export async function replaceSecret(fleet: Fleet, deviceId: string): Promise<{ readonly secret: string }> {
  await fleet.statuses.requireActive(deviceId);
  const secret = createSecret("dsk");
  const [row] = await fleet.sql.query(
    "update fleet_devices set next_secret_hash = $2 where id = $1 and status = 'active' returning id",
    [deviceId, digestOf(secret)],
  );
  if (row === undefined) throw new CartwayError("invalid_token");
  return { secret };
}
