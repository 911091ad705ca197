import type { AttemptWatcher } from "./attempt-watcher.ts";
import type { CandidateTarget, Decision } from "./decision.ts";
import type { Exchange } from "./exchange.ts";
import type { ServiceCaller } from "./service-caller.ts";
import type {
  Abortable,
  UpstreamRequest,
  UpstreamResponse,
  UpstreamTarget,
  UpstreamTimeouts,
} from "./upstream.ts";

/** A named service of the config: its targets, and how a request gets an answer from one of them. */
export interface Service {
  readonly id: string;
  /** Those of the service; a route may send others along. */
  readonly timeouts: UpstreamTimeouts;
  /** For everything, retries included; 0 for none. Milliseconds. */
  readonly totalMs: number;
  /**
   * Picks a target, sends, and repeats what is safe to repeat. Rejects with `CartwayError` only. Writes `targetId`,
   * `attempts` and the timings of the exchange. The answer's body, where it is a stream, MUST be read or cancelled.
   */
  send(request: ServiceRequest): Promise<UpstreamResponse>;
  /**
   * A target for a connection that the caller keeps open by itself, such as a WebSocket.
   *
   * @param tried targets that it could not be opened to, asked again only where no other is left.
   * @throws CartwayError where there is none.
   */
  acquire(exchange: Exchange | null, tried?: readonly UpstreamTarget[]): AcquiredTarget;
  /** Every target with its present state, for explain. */
  candidates(): readonly CandidateTarget[];
  /** The same with all that is known, for the admin port and the metrics. */
  describe(): ServiceDescription;
}

/** A service as it is at this moment. Safe to show: holds no secret. */
export interface ServiceDescription {
  readonly id: string;
  readonly balancer: string;
  readonly discovery: string;
  /** False until discovery has answered once. */
  readonly isDiscovered: boolean;
  /** So few targets are usable that all are used. */
  readonly inPanic: boolean;
  readonly inFlight: number;
  /** Of the service as a whole, `null` where it has none. */
  readonly breaker: BreakerKind | null;
  readonly targets: readonly TargetDescription[];
}

export interface TargetDescription extends CandidateTarget {
  readonly priority: number;
  readonly zone: string | null;
  /** What balancers go by: less than the weight during a slow start. */
  readonly share: number;
  readonly breaker: BreakerKind | null;
  /** How often it was taken out lately for answering worse than it should. */
  readonly ejections: number;
}

export type BreakerKind = "closed" | "open" | "half-open";

/** What is sent, without the Host header where that depends on the target. */
export interface ServiceRequest extends UpstreamRequest {
  /** The client's Host, or `null` for the target's own. */
  readonly host: string | null;
  readonly timeouts: UpstreamTimeouts;
  readonly abortable: Abortable;
  /** `performance.now()` after which nobody waits any more, `Infinity` for none: no attempt begins after it. */
  readonly deadline: number;
  /** What a balancer may choose by; `null` for a call of the gateway's own. */
  readonly exchange: Exchange | null;
  /** Told of each attempt; `null` where nothing is traced. */
  readonly watcher: AttemptWatcher | null;
  readonly decisions: Decision[] | null;
}

export interface AcquiredTarget {
  readonly upstream: UpstreamTarget;
  /**
   * MUST be called once, when the connection has ended or could not be made. `abandoned`: the client left before it could be
   * known.
   */
  release(outcome: "answered" | "failed" | "abandoned"): void;
}

/** The services of one snapshot. Whatever they started ends with `dispose`. */
export interface Services extends ServiceCaller {
  get(id: string): Service | undefined;
  all(): readonly Service[];
  dispose(): void;
}
