import type { Logger, Metrics } from "@libs/monitoring";
import type { Clock } from "@libs/resilience";
import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { ReadSecret } from "../model/secret-reference.ts";
import type { UpstreamTarget } from "../model/upstream.ts";

/** A target as a provider knows it. */
export interface DiscoveredTarget {
  readonly upstream: UpstreamTarget;
  /** Share of the traffic; 0 takes none. */
  readonly weight: number;
  /** Lower is asked first; the next number only where none of the lower ones is usable. */
  readonly priority: number;
  /** Where it stands, for balancers that prefer what is near; `null` where nobody knows. */
  readonly zone: string | null;
}

/** A provider at work. It MUST keep its last good answer through an outage of what it asks. */
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
  /** Gets every new answer, whole; the first one synchronously where no one has to be asked. */
  readonly onTargets: (targets: readonly DiscoveredTarget[]) => void;
}

/** One file `discovery/<type>.ts`, one line in `discovery/registry.ts`. */
export interface DiscoveryDefinition<S extends TSchema> {
  readonly type: string;
  readonly schema: S;
  check?(config: Static<S>): readonly ConfigIssue[];
  start(config: Static<S>, deps: DiscoveryDeps): Discovery;
}
