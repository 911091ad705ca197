/**
 * One step of the gateway's decisions: its inputs, its verdict, and what would have changed it. A closed union, so that a new step of the
 * data plane does not compile until it can explain itself. Only collected on request.
 */
export type Decision =
  | { readonly step: "match"; readonly route: string | null; readonly nearest: readonly NearMiss[] }
  | PolicyDecision
  | {
      readonly step: "pick";
      readonly service: string;
      readonly target: string | null;
      readonly candidates: readonly CandidateTarget[];
    }
  | {
      readonly step: "attempt";
      readonly target: string;
      readonly number: number;
      readonly outcome: "answered" | "failed";
      readonly status?: number;
      readonly failure?: string;
      readonly retried: boolean;
      /** A concurrent attempt of the same request, aborted in favor of the other one's answer. */
      readonly hedge?: boolean;
      readonly reason: string;
    }
  | {
      readonly step: "refuse";
      readonly service: string;
      /** The error that ended the request before it was sent. */
      readonly code: string;
      readonly reason: string;
    }
  | {
      readonly step: "fallback";
      readonly service: string;
      /** The fallback service, or `respond` for the fixed answer. */
      readonly to: string;
      readonly reason: string;
    };

export interface NearMiss {
  readonly route: string;
  /** The first part of the match that failed; `specificity` where everything matched, but a more specific route took the request. */
  readonly failed: "host" | "path" | "method" | "headers" | "cookies" | "query" | "specificity";
  readonly expected: string;
  readonly actual: string;
}

export interface CandidateTarget {
  readonly target: string;
  readonly state: TargetState;
  readonly weight: number;
  readonly inFlight: number;
}

/** A policy's verdict on an exchange, with the reason. */
export interface PolicyVerdict {
  /** `skip` where the policy does not apply to the request. */
  readonly verdict: "pass" | "refuse" | "answer" | "skip";
  /** What the verdict depended on, without secrets. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What would have changed the verdict, so that a person can act on it. */
  readonly counterfactual?: string;
  /** The status of the answer, where the policy ends the exchange. */
  readonly status?: number;
}

export interface PolicyDecision extends PolicyVerdict {
  readonly step: "policy";
  readonly policy: string;
  readonly phase: string;
}

/**
 * Whether a target can take requests. `draining`: its weight is 0; `standby`: targets of higher priority are usable; `full`: its bound on
 * requests in flight is reached.
 */
export type TargetState =
  | "available"
  | "unhealthy"
  | "ejected"
  | "breaker-open"
  | "full"
  | "draining"
  | "standby";
