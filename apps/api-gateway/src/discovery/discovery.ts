import type { Logger, Metrics } from "@libs/monitoring";
import type { Clock } from "@libs/resilience";
import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { UpstreamTarget } from "../model/upstream/upstream.ts";

/** A target as a provider knows it. */
export interface DiscoveredTarget {
  readonly upstream: UpstreamTarget;
  /** Share of the traffic; 0 takes none. */
  readonly weight: number;
  /** Lower priorities first; a higher one is used only while no lower one is usable. */
  readonly priority: number;
  /** Its zone, for balancers that prefer nearby targets; `null` where unknown. */
  readonly zone: string | null;
}

/** A running provider. MUST keep its last good answer through outages of the registry it queries. */
export interface Discovery {
  dispose(): void;
}

export interface DiscoveryDeps {
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
  readonly readSecret: ReadSecret;
  /** Gets every new, complete list of targets; the first one synchronously for providers without I/O. */
  readonly onTargets: (targets: readonly DiscoveredTarget[]) => void;
}

/** One file `discovery/<type>.ts`, one line in `discovery/registry.ts`. */
export interface DiscoveryDefinition<S extends TSchema> {
  readonly type: string;
  readonly schema: S;
  check?(config: Static<S>): readonly ConfigIssue[];
  start(config: Static<S>, deps: DiscoveryDeps): Discovery;
}
