import type { CircuitBreaker } from "@libs/resilience";
import type { DiscoveredTarget } from "../../discovery/discovery.ts";
import { authorityOf } from "../../model/upstream/authority-of.ts";
import type { UpstreamTarget } from "../../model/upstream/upstream.ts";
import { TargetStanding } from "../standing/target-standing.ts";

/** A target's state besides its discovered properties. */
export interface KnownOfTarget {
  readonly standing?: TargetStanding;
  readonly breaker?: CircuitBreaker | null;
}

/**
 * One address of a service with its current state. Mutable: shared by discovery, the checks, the balancer and requests in flight. Code that
 * changes whether it is usable MUST notify the pool (`TargetPool.refresh`).
 */
export class Target {
  readonly upstream: UpstreamTarget;
  /** The Host of requests that are meant for it. */
  readonly authority: string;
  /** State shared with the services of later reloads. */
  readonly standing: TargetStanding;
  /** As discovered; 0 gets no requests. */
  weight: number;
  /** Lower values are preferred. */
  priority: number;
  zone: string | null;
  /** The weight for balancers: the configured one, or the part of it that a slow start has reached. Only 0 if the configured weight is. */
  share: number;
  /** False while active checks fail. */
  isHealthy = true;
  /** True while it is out for answering worse than it should. */
  isEjected = false;
  readonly breaker: CircuitBreaker | null;

  constructor(
    { upstream, weight, priority, zone }: DiscoveredTarget,
    { standing = new TargetStanding(upstream.id), breaker = null }: KnownOfTarget = {},
  ) {
    this.upstream = upstream;
    this.authority = authorityOf(upstream);
    this.standing = standing;
    this.weight = weight;
    this.priority = priority;
    this.zone = zone;
    this.share = weight;
    this.breaker = breaker;
  }

  get id(): string {
    return this.upstream.id;
  }

  get inFlight(): number {
    return this.standing.inFlight;
  }

  set inFlight(count: number) {
    this.standing.inFlight = count;
  }

  /** True until its breaker lets probes through. */
  get isBreakerOpen(): boolean {
    return this.breaker !== null && this.breaker.state.kind === "open" && this.breaker.retryAfterMs() > 0;
  }

  /** Whether requests may be sent to it, as far as its own state says. */
  get isUsable(): boolean {
    return this.weight > 0 && this.isHealthy && !this.isEjected && !this.isBreakerOpen;
  }
}
