import type { ClickHouseClient, Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import type { Claims } from "./commands/claims.ts";
import type { CommandFeeder } from "./commands/command-feeder.ts";
import type { ResultRecord } from "./commands/result-record.ts";
import type { DeviceStatuses } from "./devices/device-statuses.ts";
import type { DeviceTokens } from "./devices/device-tokens.ts";
import type { GuessThrottle } from "./devices/guess-throttle.ts";
import type { RefusedLogins } from "./devices/refused-logins.ts";
import type { FleetMetrics } from "./fleet-metrics.ts";
import type { HeartbeatBook } from "./heartbeats/heartbeat-book.ts";
import type { Live } from "./live/live.ts";
import type { Wakeups } from "./live/wakeups.ts";
import type { Risk } from "./model/command-kinds.ts";
import type { CommandQueue } from "./queue/command-queue.ts";
import type { SessionRecord } from "./sessions/insert-session.ts";

/** The limits of the fleet. Every duration in milliseconds. */
export interface FleetLimits {
  /** How long an activation code can be used. */
  readonly codeLifeMs: number;
  /** How long a device's token lives after its last use. */
  readonly tokenLifeMs: number;
  /** How long a session waits for its approval. */
  readonly approvalLifeMs: number;
  /** Without a heartbeat for this long a device counts as offline. */
  readonly offlineAfterMs: number;
  /** How long a session that has ended is kept, with its commands and their results; its idempotency key with it. */
  readonly keepSessionsMs: number;
  /** How long an audit event is kept; a week at least. */
  readonly keepAuditMs: number;
  /** How long ClickHouse keeps heartbeats; whole days. */
  readonly keepHeartbeatsMs: number;
  /** From this risk on approver and requester must be two people; `null` leaves it to each session. */
  readonly fourEyesFrom: Risk | null;
}

export const fleetDefaults: FleetLimits = {
  codeLifeMs: 86_400_000,
  tokenLifeMs: 7 * 86_400_000,
  approvalLifeMs: 3_600_000,
  offlineAfterMs: 35_000,
  keepSessionsMs: 90 * 86_400_000,
  keepAuditMs: 400 * 86_400_000,
  keepHeartbeatsMs: 90 * 86_400_000,
  fourEyesFrom: null,
};

/** Dependencies that the fleet's services share. */
export interface Fleet {
  readonly sql: Sql;
  readonly clickhouse: ClickHouseClient;
  readonly queue: CommandQueue;
  readonly sessionRecord: SessionRecord;
  readonly claims: Claims;
  readonly resultRecord: ResultRecord;
  readonly feeder: CommandFeeder;
  readonly statuses: DeviceStatuses;
  readonly tokens: DeviceTokens;
  readonly throttle: GuessThrottle;
  readonly refusedLogins: RefusedLogins;
  readonly heartbeats: HeartbeatBook;
  readonly live: Live;
  readonly wakeups: Wakeups;
  readonly limits: FleetLimits;
  readonly metrics: FleetMetrics;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
