import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "./config-issue.ts";
import type { Exchange } from "./exchange.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Phase } from "./phases.ts";

/** One policy of a route, living as long as its snapshot. A hook that throws ends the request with that error: fail closed. */
export interface Policy {
  /** A `Response` ends the request here; no later request hook runs and nothing is sent upstream. */
  request?(exchange: Exchange): MaybePromise<Response | undefined>;
  /** Runs in reverse order once there is an answer, also one of the gateway's own. */
  response?(exchange: Exchange): MaybePromise<void>;
  dispose?(): MaybePromise<void>;
}

/** One folder `policies/<type>/`, one line in `policies/registry.ts`. `Deps` is what the policy asks to be given. */
export interface PolicyDefinition<S extends TSchema, Deps> {
  /** The name in the config. */
  readonly type: string;
  readonly phase: Phase;
  /** Every field with description, default and bounds; nothing unknown is let through. */
  readonly schema: S;
  /** What the schema cannot say: cross-field rules. Paths are relative to the policy. */
  check?(config: Static<S>): readonly ConfigIssue[];
  /** Once per snapshot and route. Throws where it cannot bind: a policy is never silently inert. */
  create(config: Static<S>, deps: Deps, route: PolicyRoute): Policy;
}

/** What a policy may know of the route it is bound to. */
export interface PolicyRoute {
  readonly id: string;
  readonly service: string | null;
}
