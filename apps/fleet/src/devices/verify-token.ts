import type { Fleet } from "../fleet.ts";
import { type StatusRow, toStatus } from "./device-statuses.ts";
import type { DeviceState } from "../model/device-states.ts";
import { digestOf } from "../model/secrets.ts";

export interface VerifiedToken {
  readonly id: string;
  readonly deviceId: string;
  readonly customerId: string;
  readonly status: DeviceState;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface TokenRow extends StatusRow {
  readonly token_id: string;
  readonly expires_at: Date;
}

/** The end moves on when this part of the life has passed: a use is no write. */
const slideAfter = 0.01;

/** What a token stands for; `null` where it is unknown, over, or was taken back. Counts as a use. */
export async function verifyToken(fleet: Fleet, token: string): Promise<VerifiedToken | null> {
  const nowMs = fleet.now();
  const changesBefore = fleet.statuses.changes;
  const [row] = await fleet.sql.query<TokenRow>(
    `select token.id as token_id, token.expires_at, device.id, device.customer_id, device.status, device.online,
        device.last_seen_at, device.reported
      from fleet_device_tokens token join fleet_devices device on device.id = token.device_id
      where token.token_hash = $1 and token.revoked_at is null and token.expires_at > $2`,
    [digestOf(token), new Date(nowMs)],
    { prepareAs: "fleet_verify_token" },
  );
  if (row === undefined) return null;
  // the request that this token comes with asks for it next
  fleet.statuses.noteIfUnknown(toStatus(row), changesBefore);
  const { tokenLifeMs } = fleet.limits;
  let expiresAt = row.expires_at.getTime();
  if (expiresAt - nowMs < tokenLifeMs * (1 - slideAfter) && row.status === "active") {
    expiresAt = nowMs + tokenLifeMs;
    await fleet.sql.query(
      "update fleet_device_tokens set expires_at = $2 where id = $1 and revoked_at is null",
      [row.token_id, new Date(expiresAt)],
    );
  }
  return {
    id: row.token_id,
    deviceId: row.id,
    customerId: row.customer_id,
    status: row.status,
    expiresAt,
  };
}
