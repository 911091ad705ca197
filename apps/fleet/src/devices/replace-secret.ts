import { CartwayError } from "@libs/errors";
import type { Fleet } from "../fleet.ts";
import { createSecret, digestOf } from "../model/secrets.ts";

/**
 * A device asks for another secret. The one it has stays good until the new one is used for the first time, so that an
 * answer that is lost on its way locks nobody out. @returns the new secret, shown this once
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
