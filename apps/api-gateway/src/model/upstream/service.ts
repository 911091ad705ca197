import type { AttemptWatcher } from "./attempt-watcher.ts";
import type { CandidateTarget, Decision } from "../exchange/decision.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { ServiceCaller } from "./service-caller.ts";
import type {
  Abortable,
  UpstreamFailure,
  UpstreamRequest,
  UpstreamResponse,
  UpstreamTarget,
  UpstreamTimeouts,
} from "./upstream.ts";

/** A service of the config: its targets, and how requests are sent to them. */
export interface Service {
  readonly id: string;
  /** The service's own; a route may override them per request. */
  readonly timeouts: UpstreamTimeouts;
  /** Bound on everything, including retries; 0 for none. Milliseconds. */
  readonly totalMs: number;
  /**
   * Picks a target, sends, and repeats where that is safe. Rejects with `CartwayError` only. Writes the exchange's `targetId`, `attempts`
   * and timings. A streamed body MUST be read or cancelled.
   */
  send(request: ServiceRequest): Promise<UpstreamResponse>;
  /**
   * Waits for the first targets of a service that has none yet, no longer than for a connection; `undefined` where there is nothing to
   * wait for. `send` does so by itself.
   */
  firstTargets(exchange: Exchange): Promise<void> | undefined;
  /**
   * Picks a target for a connection that the caller manages itself, such as a WebSocket. For whoever counts or watches, that is an
   * attempt, and the exchange's headers are those to send.
   *
   * @param tried targets to which connecting failed: used again only where no other is left.
   * @throws CartwayError where no target is available.
   */
  acquire(exchange: Exchange | null, tried?: readonly UpstreamTarget[]): AcquiredTarget;
  /** Every target with its current state, for explanations. */
  candidates(): readonly CandidateTarget[];
  /** The same in full detail, for the admin port and metrics. */
  describe(): ServiceDescription;
}

/** A service's current state. Contains no secrets. */
export interface ServiceDescription {
  readonly id: string;
  readonly balancer: string;
  readonly discovery: string;
  /** False until discovery has answered once. */
  readonly isDiscovered: boolean;
  /** How many targets discovery has found: more than `targets` where the process uses a subset. */
  readonly discovered: number;
  /** Panic mode: so few targets are healthy that all are used. */
  readonly inPanic: boolean;
  readonly inFlight: number;
  /** The breaker of the service as a whole; `null` for none. */
  readonly breaker: BreakerKind | null;
  readonly targets: readonly TargetDescription[];
}

export interface TargetDescription extends CandidateTarget {
  readonly priority: number;
  readonly zone: string | null;
  /** The effective weight, which is lower during slow start. */
  readonly share: number;
  readonly breaker: BreakerKind | null;
  /** How often it was recently ejected as an outlier. */
  readonly ejections: number;
}

export type BreakerKind = "closed" | "open" | "half-open";

/** The request to send, without the Host header where that depends on the target. */
export interface ServiceRequest extends UpstreamRequest {
  /** The client's Host; `null` for the target's own. */
  readonly host: string | null;
  readonly timeouts: UpstreamTimeouts;
  readonly abortable: Abortable;
  /** The `performance.now()` after which no attempt begins; `Infinity` for none. */
  readonly deadline: number;
  /** Available to the balancer; `null` for a call of the gateway's own. */
  readonly exchange: Exchange | null;
  /** As of a `ServiceCall`. */
  readonly isHealthQuestion?: boolean;
  /** Observes each attempt; `null` without tracing. */
  readonly watcher: AttemptWatcher | null;
  readonly decisions: Decision[] | null;
}

export interface AcquiredTarget {
  readonly upstream: UpstreamTarget;
  /**
   * MUST be called once, with the target's answer, or why there is none.
   * @param isRetried whether the caller tries another target now
   */
  release(result: Pick<UpstreamResponse, "status"> | UpstreamFailure, isRetried?: boolean): void;
}

/** The services of a snapshot. `dispose` stops everything that they started. */
export interface Services extends ServiceCaller {
  get(id: string): Service | undefined;
  all(): readonly Service[];
  dispose(): void;
}
