import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "./config-issue.ts";
import type { PolicyVerdict } from "./decision.ts";
import type { Exchange, Outcome } from "./exchange.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { Phase } from "./phases.ts";

/** One policy of a route, living as long as its snapshot. A hook that throws ends the request with that error: fail closed. */
export interface Policy {
  /** Fields of the request, in lower case, that no service is to see. They are left out before any hook runs. */
  readonly withheldFields?: readonly string[];
  /** A `Response` ends the request here; no later request hook runs and nothing is sent upstream. */
  request?(exchange: Exchange): MaybePromise<Response | undefined>;
  /** Runs in reverse order once there is an answer, also one of the gateway's own. */
  response?(exchange: Exchange): MaybePromise<void>;
  /**
   * Encloses everything that comes after it: later request hooks, the service, and the response hooks of all of these. It may
   * answer without calling `next`, and may call it for a detached exchange. Its own response is seen by the response hooks of
   * the policies before it only. `next` never rejects.
   */
  around?(exchange: Exchange, next: Next): MaybePromise<Outcome>;
  /**
   * What the request hook would do, and why. It MUST change the exchange just as the hook would, so that the policies after it
   * judge on the same ground, and MUST change nothing else: no budget is taken, nothing counted, reported, stored or sent.
   * What a policy does to the answer stands in its inputs.
   */
  explain(exchange: Exchange): MaybePromise<PolicyVerdict>;
  dispose?(): MaybePromise<void>;
}

/** What `around` encloses. */
export type Next = (exchange: Exchange) => Promise<Outcome>;

/** One folder `policies/<type>/`, one line in `policies/registry.ts`. `Deps` is what the policy asks to be given. */
export interface PolicyDefinition<S extends TSchema, Deps> {
  /** The name in the config. */
  readonly type: string;
  readonly phase: Phase;
  /** Every field with description, default and bounds; nothing unknown is let through. */
  readonly schema: S;
  /**
   * What the schema cannot say: rules over several fields, and over the route around it, where the policy could do nothing or
   * would refuse everybody. Paths are relative to the policy.
   */
  check?(config: Static<S>, place: PolicyPlace): readonly ConfigIssue[];
  /** The services that it may have a request sent to, with their places in its config. Each has to exist. */
  services?(config: Static<S>): readonly NamedService[];
  /** Names what a route has one of: a second policy that gives the same name would undo the first, or wait for it. */
  once?(config: Static<S>): string;
  /** What routes have in common that give it the same name; `null` for what is the route's own. Refused where they differ. */
  shared?(config: Static<S>): SharedPart | null;
  /** Once per snapshot and route. Throws where it cannot bind: a policy is never silently inert. */
  create(config: Static<S>, deps: Deps, route: PolicyRoute): Policy;
}

/** What stands behind a name that several routes may give. */
export interface SharedPart {
  readonly name: string;
  /** What makes it: two of different settings would be two, each with the whole of what one may have. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A service that a policy names. */
export interface NamedService {
  /** Relative to the policy. */
  readonly path: string;
  readonly name: string;
}

/** What a policy may know of the route it is bound to. */
export interface PolicyRoute {
  readonly id: string;
  readonly service: string | null;
}

/** The route around a policy, as its check sees it. */
export interface PolicyPlace {
  /** Names of the path's parameters. */
  readonly parameters: readonly string[];
  /** Types of all policies of the route. */
  readonly policies: readonly string[];
  /** Whether files that the policy names may be looked into: who only asks about a config must not learn what stands in them. */
  readonly readsFiles: boolean;
}
