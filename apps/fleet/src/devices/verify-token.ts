import type { Fleet } from "../fleet.ts";
import type { DeviceState } from "../model/device-states.ts";

export interface VerifiedToken {
  readonly id: string;
  readonly deviceId: string;
  readonly customerId: string;
  readonly status: DeviceState;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Resolves a token; `null` where it is unknown, expired or revoked. Counts as a use. */
export async function verifyToken(fleet: Fleet, token: string): Promise<VerifiedToken | null> {
  const known = await fleet.tokens.find(token);
  const status = known === null ? null : await fleet.statuses.find(known.deviceId);
  if (known === null || status === null) return null;
  const { id, deviceId, expiresAtMs: expiresAt } = known;
  return { id, deviceId, customerId: status.customerId, status: status.state, expiresAt };
}
