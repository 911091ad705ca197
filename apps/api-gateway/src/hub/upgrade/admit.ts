import { CartwayError } from "@libs/errors";
import type { HubLimits } from "../config/schema.ts";
import type { Connections } from "../connections/connections.ts";
import { RefusedAttempt } from "../refused-attempt.ts";

export interface Admission {
  readonly limits: HubLimits;
  readonly connections: Connections;
  /** Maximum of upgrades that wait for authentication. */
  readonly opening: number;
}

const tooMany = { kind: "rate_limited", reason: "connections" } as const;

/** @throws CartwayError `too_many_connections` (503), `rate_limited` (429), with Retry-After */
export function admitAddress({ limits, connections, opening }: Admission, ip: string): void {
  const { maxConnections, connectionsPerIp, retryAfterSeconds } = limits;
  if (connections.size + opening >= maxConnections) {
    throw new CartwayError("too_many_connections", { retryAfterSeconds });
  }
  if (connections.countOfIp(ip) >= connectionsPerIp) {
    const message = "Too many connections from this address.";
    throw new RefusedAttempt("rate_limited", tooMany, { message, retryAfterSeconds });
  }
}

/** @throws CartwayError `rate_limited` (429) */
export function admitUser({ limits, connections }: Admission, userId: string): void {
  if (connections.countOfUser(userId) < limits.connectionsPerUser) return;
  const message = "Too many connections of this user.";
  const { retryAfterSeconds } = limits;
  throw new RefusedAttempt("rate_limited", tooMany, { message, retryAfterSeconds });
}
