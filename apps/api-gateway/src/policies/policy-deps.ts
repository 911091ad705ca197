import type { Logger, Metrics } from "@libs/monitoring";

/** What the gateway gives to every policy when it is created. A policy takes what it needs. */
export interface PolicyDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
