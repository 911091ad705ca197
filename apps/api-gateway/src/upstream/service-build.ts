import type { Logger, Metrics } from "@libs/monitoring";
import type { Clock } from "@libs/resilience";
import type { DiscoveredTarget } from "../discovery/discovery.ts";
import type { Service } from "../model/upstream/service.ts";
import type { UnhealthyTargets } from "./health/unhealthy-targets.ts";
import type { ServiceStanding, ServiceStandings } from "./standing/service-standing.ts";
import type { ServiceMetrics } from "./service-metrics.ts";
import type { ServiceDefinition } from "./service-schema.ts";
import type { Transport } from "./transport.ts";

export interface ServiceDeps {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly unhealthy: UnhealthyTargets;
  readonly standings: ServiceStandings;
  /** Subscribes to a provider's targets. @returns a function that unsubscribes */
  readonly discover: (definition: ServiceDefinition["discovery"], onTargets: OnTargets) => () => void;
  /** The service named by the fallback, if any. */
  readonly fallback: Service | null;
}

type OnTargets = (found: readonly DiscoveredTarget[]) => void;

/** The shared inputs of a service's parts. */
export interface ServiceBuild {
  readonly id: string;
  readonly definition: ServiceDefinition;
  readonly deps: ServiceDeps;
  readonly metrics: ServiceMetrics;
  readonly standing: ServiceStanding;
}
