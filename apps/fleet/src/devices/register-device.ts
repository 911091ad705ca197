import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { digestOf, normalizeActivationCode } from "./activation-code.ts";

export interface RegisteredDevice {
  readonly deviceId: string;
  /** 256 bits; shown this once. */
  readonly secret: string;
}

/** Uses up the code, atomically: of two agents with the same one, one registers. @throws CartwayError `invalid_credentials` */
export async function registerDevice(sql: Sql, activationCode: string, now: Date): Promise<RegisteredDevice> {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
  const [row] = await sql.query<{ id: string }>(
    `update fleet_devices
      set status = 'active', secret_hash = $2, registered_at = $3, activation_hash = null, activation_expires_at = null
      where activation_hash = $1 and activation_expires_at > $3 returning id`,
    [digestOf(normalizeActivationCode(activationCode)), digestOf(secret), now],
  );
  if (row === undefined) {
    throw new CartwayError("invalid_credentials", {
      message: "The activation code is unknown, used or expired.",
    });
  }
  return { deviceId: row.id, secret };
}
