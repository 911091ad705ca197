import { defineEnvironment, type EnvironmentOf } from "@libs/elysia-server";
import { type FleetLimits, fleetDefaults } from "./fleet.ts";
import { risks } from "./model/command-kinds.ts";

const day = 86_400_000;

/** The limits of the fleet: shared by its own process and the all-in-one process, so that both have every limit. */
export const fleetLimitsEnvironment = defineEnvironment({
  ACTIVATION_CODE_LIFE_MS: {
    type: "integer",
    min: 60_000,
    max: 30 * day,
    default: fleetDefaults.codeLifeMs,
    description: "How long an activation code can be used.",
  },
  DEVICE_TOKEN_LIFE_MS: {
    type: "integer",
    min: 60_000,
    max: 90 * day,
    default: fleetDefaults.tokenLifeMs,
    description: "How long a device's token lives after its last use.",
  },
  APPROVAL_LIFE_MS: {
    type: "integer",
    min: 1000,
    max: 7 * day,
    default: fleetDefaults.approvalLifeMs,
    description: "How long a session waits for its approval.",
  },
  DEVICE_OFFLINE_AFTER_MS: {
    type: "integer",
    min: 5000,
    max: day,
    default: fleetDefaults.offlineAfterMs,
    description: "Without a heartbeat for this long a device counts as offline.",
  },
  SESSION_RETENTION_DAYS: {
    type: "integer",
    min: 1,
    max: 3650,
    default: fleetDefaults.keepSessionsMs / day,
    description: "How long sessions that have ended are kept, with their commands and results.",
  },
  AUDIT_RETENTION_DAYS: {
    type: "integer",
    min: 7,
    max: 3650,
    default: fleetDefaults.keepAuditMs / day,
    description: "How long events of the audit trail are kept.",
  },
  HEARTBEAT_RETENTION_DAYS: {
    type: "integer",
    min: 1,
    max: 3650,
    default: fleetDefaults.keepHeartbeatsMs / day,
    description: "How long ClickHouse keeps heartbeats.",
  },
  FOUR_EYES_FROM: {
    type: "choice",
    choices: risks,
    optional: true,
    description:
      "Risk from which on requester and approver must be two people; each session decides where absent.",
  },
});

export function fleetLimits(env: EnvironmentOf<typeof fleetLimitsEnvironment>): FleetLimits {
  return {
    codeLifeMs: env.ACTIVATION_CODE_LIFE_MS,
    tokenLifeMs: env.DEVICE_TOKEN_LIFE_MS,
    approvalLifeMs: env.APPROVAL_LIFE_MS,
    offlineAfterMs: env.DEVICE_OFFLINE_AFTER_MS,
    keepSessionsMs: env.SESSION_RETENTION_DAYS * day,
    keepAuditMs: env.AUDIT_RETENTION_DAYS * day,
    keepHeartbeatsMs: env.HEARTBEAT_RETENTION_DAYS * day,
    fourEyesFrom: env.FOUR_EYES_FROM,
  };
}
