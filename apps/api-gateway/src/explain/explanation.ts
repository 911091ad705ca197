import type { PlannedPart } from "../aggregation/aggregate.ts";
import type { CandidateTarget, NearMiss, PolicyDecision } from "../model/exchange/decision.ts";

/** A hypothetical request. */
export interface AskedRequest {
  readonly method: string;
  /** An absolute URL; a path alone refers to this host. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The address of the connecting peer. */
  readonly peerIp: string;
  /** The caller to assume, whatever the credentials; `null` uses the credentials. */
  readonly caller: AssumedCaller | null;
}

export interface AssumedCaller {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
}

/** Where a request ends. */
export type Ending =
  | { readonly kind: "sent"; readonly service: string }
  /** Its answer is combined from several services' answers: see `parts`. */
  | { readonly kind: "aggregated"; readonly services: readonly string[] }
  /** By a policy, or refused by a setting of the route, which has a `message` and no decision among the policies. */
  | {
      readonly kind: "refused" | "answered";
      readonly by: string;
      readonly status: number;
      readonly message?: string;
    }
  | { readonly kind: "malformed"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly kind: "method-not-allowed"; readonly allow: readonly string[] }
  /** An endpoint of the gateway or the hub, which takes precedence over every route that does not spell it out. */
  | { readonly kind: "own-endpoint"; readonly endpoint: string }
  /** Neither a route nor an endpoint of the gateway matches. */
  | { readonly kind: "not-routed" };

export interface ExplainedPart extends PlannedPart {
  readonly candidates: readonly CandidateTarget[];
}

/** What the service would receive. */
export interface UpstreamPlan {
  readonly method: string;
  /** Path and query, as rewritten. */
  readonly path: string;
  /** `null` for the target's own. */
  readonly host: string | null;
  /** Headers added or changed on the way, with secrets redacted. */
  readonly headersSet: readonly (readonly [name: string, value: string])[];
  readonly headersRemoved: readonly string[];
  readonly bodyBytesMax: number;
  readonly timeouts: Readonly<Record<string, number>>;
}

/** Where a request would go, and why. Nothing was executed. */
export interface Explanation {
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** `null` where the URL is malformed. */
    readonly host: string | null;
    /** Normalized, as routing and the service see it. */
    readonly path: string | null;
    /** The real client, after the trusted-proxy setting. */
    readonly clientIp: string | null;
  };
  readonly ending: Ending;
  readonly route: {
    readonly id: string;
    readonly path: string;
    readonly params: Readonly<Record<string, string>>;
  } | null;
  /** The nearest routes that did not match, each with the first part that failed. */
  readonly nearest: readonly NearMiss[];
  /** In execution order, up to the one that ends the request. */
  readonly policies: readonly PolicyDecision[];
  readonly notReached: readonly string[];
  readonly service: { readonly id: string; readonly candidates: readonly CandidateTarget[] } | null;
  readonly upstream: UpstreamPlan | null;
  /** Concurrent requests of an aggregate, each with the candidates of its service. */
  readonly parts: readonly ExplainedPart[];
  readonly notes: readonly string[];
}
