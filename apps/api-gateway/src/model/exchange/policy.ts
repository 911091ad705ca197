import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../config/config-issue.ts";
import type { PolicyVerdict } from "./decision.ts";
import type { Exchange, Outcome } from "./exchange.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Phase } from "./phases.ts";

/** A policy of a route, for the lifetime of its snapshot. A hook that throws ends the request with that error: fail closed. */
export interface Policy {
  /** Request fields, in lower case, withheld from every service in every spelling that it reads as the same name. They are removed before any hook runs. */
  readonly withheldFields?: readonly string[];
  /** A `Response` ends the request: no later request hook runs, and nothing is sent upstream. */
  request?(exchange: Exchange): MaybePromise<Response | undefined>;
  /** Runs in reverse order once there is an answer, including the gateway's own. */
  response?(exchange: Exchange): MaybePromise<void>;
  /**
   * A response hook inside every policy that encloses others: it runs first, for answers that were fetched, in the background too, and not for
   * those that a cache gives.
   */
  fetched?(exchange: Exchange): MaybePromise<void>;
  /**
   * Encloses everything after it: later request hooks, the service, and the response hooks of all of these. It may answer without calling
   * `next`, and may call it for a detached exchange. Only the response hooks of earlier policies see its own response. `next` never
   * rejects.
   */
  around?(exchange: Exchange, next: Next): MaybePromise<Outcome>;
  /**
   * The verdict of the request hook, and its reason. It MUST change the exchange as the hook would, so that later policies decide on the
   * same basis, and MUST have no other effect: it takes no budget, and counts, reports, stores and sends nothing. Effects on the answer
   * are described in its inputs.
   */
  explain(exchange: Exchange): MaybePromise<PolicyVerdict>;
  dispose?(): MaybePromise<void>;
}

/** Runs what `around` encloses. */
export type Next = (exchange: Exchange) => Promise<Outcome>;

/** One folder `policies/<type>/`, one line in `policies/registry.ts`. `Deps` are the policy's dependencies. */
export interface PolicyDefinition<S extends TSchema, Deps> {
  /** The name in the config. */
  readonly type: string;
  readonly phase: Phase;
  /** Every field has a description, default and bounds; unknown fields are refused. */
  readonly schema: S;
  /**
   * Checks that the schema cannot express: rules over several fields, and over the surrounding route, where the policy would have no
   * effect or refuse everybody. Paths are relative to the policy.
   */
  check?(config: Static<S>, place: PolicyPlace): readonly ConfigIssue[];
  /** The services that it may choose, with their places in its config. They MUST exist. */
  services?(config: Static<S>): readonly NamedService[];
  /** Request fields, in lower case, that it sets to a value of the caller: services may vary their answers by them. */
  callerFields?(config: Static<S>): readonly string[];
  /** A name that is unique per route: a second policy with the same name would undo the first, or wait for it. */
  once?(config: Static<S>): string;
  /** Settings shared by all routes that use the same name; `null` for none. Refused where they differ. */
  shared?(config: Static<S>): SharedPart | null;
  /**
   * Called once per snapshot for all routes with an equal config. Returns their common policy, which MUST keep nothing for a route
   * (`Exchange.routeId` says whose request it is), or what makes each route's own of what they have in common. Throws where it cannot be
   * bound: a policy is never silently inert.
   */
  create(config: Static<S>, deps: Deps): Policy | PolicyOfRoute;
}

export type PolicyOfRoute = (route: PolicyRoute) => Policy;

/** A part shared under one name by several routes. */
export interface SharedPart {
  readonly name: string;
  /** Its settings: with different ones it would be two parts, each granting the full limit. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A service named by a policy. */
export interface NamedService {
  /** Relative to the policy. */
  readonly path: string;
  readonly name: string;
}

/** The part of its route that a policy may know. */
export interface PolicyRoute {
  readonly id: string;
  readonly service: string | null;
  /** Those of all its policies. */
  readonly callerFields: readonly string[];
  /** Digest of what the config says on how an answer comes about once a cache has none: routes where it is equal give the same answers. */
  answersBy(): string;
}

/** The surrounding route, as a policy's check sees it. */
export interface PolicyPlace {
  /** Names of the path's parameters. */
  readonly parameters: readonly string[];
  /** Types of all policies of the route. */
  readonly policies: readonly string[];
  /** What the config's roles grant, all of them together. */
  readonly permissions: ReadonlySet<string>;
  /** Whether the check may read files named by the policy: a caller that only validates a config must not learn their content. */
  readonly readsFiles: boolean;
}
