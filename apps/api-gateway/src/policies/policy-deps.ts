import type { RoleGraph } from "@libs/auth";
import type { Logger, Metrics } from "@libs/monitoring";
import type { Identities } from "../identity/create-identities.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { Services } from "../model/upstream/service.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import type { CachePool } from "./cache/cache-pool.ts";
import type { CanaryBoard } from "./canary/canary-board.ts";
import type { QueuePool } from "./queue/queue-pool.ts";
import type { LimiterPool } from "./rate-limit/limiter-pool.ts";

/** Dependencies that every policy gets when it is created. */
export interface PolicyDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Those of the snapshot. */
  readonly identities: Identities;
  readonly roles: RoleGraph;
  /** Those of the snapshot. */
  readonly services: Pick<Services, "get">;
  readonly limiters: LimiterPool;
  readonly queues: QueuePool;
  readonly caches: CachePool;
  readonly canaries: CanaryBoard;
  readonly securityEvents: SecurityEvents;
  readonly readSecret: ReadSecret;
}

/** The dependencies that outlive snapshots. */
export type LastingPolicyDeps = Omit<PolicyDeps, "identities" | "roles" | "services">;
