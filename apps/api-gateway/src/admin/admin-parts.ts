import type { Auth } from "@libs/auth";
import type { Sql } from "@libs/database";
import type { Metrics } from "@libs/monitoring";
import type { ReloadResult } from "../config/reload/config-reloader.ts";
import type { HubContext } from "../hub/hub-context.ts";
import type { ConfigStatus } from "../pipeline/config-status.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import type { CachePool } from "../policies/cache/cache-pool.ts";
import type { CanaryBoard } from "../policies/canary/canary-board.ts";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { ExchangeWatch } from "../telemetry/exchange-watch.ts";
import type { RecentRefusals } from "../telemetry/recent-refusals.ts";
import type { IdentifyAdmin } from "./access/identify-admin.ts";
import type { Audit } from "./audit/audit.ts";

/** The platform's own users, sessions and keys, and their database. */
export interface Accounts {
  readonly auth: Auth;
  readonly sql: Sql;
}

/** What the admin port's operations work on: the running gateway. */
export interface AdminParts {
  /** The snapshot for new requests. */
  readonly current: () => Snapshot;
  readonly configStatus: () => ConfigStatus;
  readonly reloadConfig: (reason: string) => Promise<ReloadResult>;
  readonly hub: HubContext;
  readonly limiters: LimiterPool;
  readonly caches: CachePool;
  readonly canaries: CanaryBoard;
  readonly refusals: RecentRefusals;
  readonly watch: ExchangeWatch;
  /** The gateway's metrics. */
  readonly metrics: Metrics;
  /** `null` where the gateway runs without its database. */
  readonly accounts: Accounts | null;
  readonly audit: Audit;
  readonly identify: IdentifyAdmin;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
