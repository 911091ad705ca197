import type { PlannedPart } from "../aggregation/aggregate.ts";
import type { CandidateTarget, NearMiss, PolicyDecision } from "../model/decision.ts";

/** A request that nobody sends: what would become of it is asked. */
export interface AskedRequest {
  readonly method: string;
  /** A whole URL; a path alone stands for one of this host. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The peer that would connect. */
  readonly peerIp: string;
  /** Whom to take the caller for, whatever credentials there are; `null` goes by the credentials. */
  readonly caller: AssumedCaller | null;
}

export interface AssumedCaller {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
}

/** Where a request's way ends. */
export type Ending =
  | { readonly kind: "sent"; readonly service: string }
  /** Its answer is made of several services' answers: see `parts`. */
  | { readonly kind: "aggregated"; readonly services: readonly string[] }
  | { readonly kind: "refused" | "answered"; readonly by: string; readonly status: number }
  | { readonly kind: "malformed"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly kind: "method-not-allowed"; readonly allow: readonly string[] }
  /** One of the gateway's own endpoints, of the hub's or of others, goes before every route that does not spell it out. */
  | { readonly kind: "own-endpoint"; readonly endpoint: string }
  /** Neither a route nor an endpoint of the gateway's own takes it. */
  | { readonly kind: "not-routed" };

export interface ExplainedPart extends PlannedPart {
  readonly candidates: readonly CandidateTarget[];
}

/** What the service would get. */
export interface UpstreamPlan {
  readonly method: string;
  /** Path and query, as rewritten. */
  readonly path: string;
  /** `null` where it is the target's own. */
  readonly host: string | null;
  /** New or changed on the way, secrets withheld. */
  readonly headersSet: readonly (readonly [name: string, value: string])[];
  readonly headersRemoved: readonly string[];
  readonly bodyBytesMax: number;
  readonly timeouts: Readonly<Record<string, number>>;
}

/** Why a request would go where it would go. Nothing of it was done. */
export interface Explanation {
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** `null` where the URL is malformed. */
    readonly host: string | null;
    /** As routing sees it and the service gets it. */
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
  /** Routes that came nearest and did not take it, with the first part that failed. */
  readonly nearest: readonly NearMiss[];
  /** In the order in which they run, up to the one that ends the request. */
  readonly policies: readonly PolicyDecision[];
  readonly notReached: readonly string[];
  readonly service: { readonly id: string; readonly candidates: readonly CandidateTarget[] } | null;
  readonly upstream: UpstreamPlan | null;
  /** What is asked for at the same time, each with the candidates of its service. */
  readonly parts: readonly ExplainedPart[];
  readonly notes: readonly string[];
}
