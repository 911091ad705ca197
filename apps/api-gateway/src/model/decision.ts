/**
 * Why the gateway did what it did: what was looked at, the verdict, and what would have changed it. One closed union, so
 * that a new step of the data plane does not compile until it can explain itself. Collected only when someone asks.
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
      /** Sent while another attempt of the same request was under way, and given up for that one's answer. */
      readonly hedge?: boolean;
      readonly reason: string;
    }
  | {
      readonly step: "refuse";
      readonly service: string;
      /** Code of the error that the request ended with before it was sent. */
      readonly code: string;
      readonly reason: string;
    }
  | {
      readonly step: "fallback";
      readonly service: string;
      /** The other service that was asked, or `respond` for the fixed answer. */
      readonly to: string;
      readonly reason: string;
    };

export interface NearMiss {
  readonly route: string;
  /** The part of the match that failed first; `specificity` where all fits and a more specific route took the request. */
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

/** What a policy does with an exchange, and why. */
export interface PolicyVerdict {
  /** `skip` where the request is none of its business. */
  readonly verdict: "pass" | "refuse" | "answer" | "skip";
  /** What the policy looked at, without secrets. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What would have changed the verdict, in words a person can act on. */
  readonly counterfactual?: string;
  /** Of the answer that ends the exchange here. */
  readonly status?: number;
}

export interface PolicyDecision extends PolicyVerdict {
  readonly step: "policy";
  readonly policy: string;
  readonly phase: string;
}

/**
 * Whether a target can take a request. `draining`: it has no weight any more; `standby`: others that come first are usable;
 * `full`: as many requests are in flight as it may have.
 */
export type TargetState =
  | "available"
  | "unhealthy"
  | "ejected"
  | "breaker-open"
  | "full"
  | "draining"
  | "standby";
