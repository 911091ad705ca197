import type { Aggregate } from "../aggregation/aggregate.ts";
import type { PolicyConfig, RouteConfig } from "../config/schema.ts";
import { configHash } from "../config/config-hash.ts";
import { type Phase, phases } from "../model/exchange/phases.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Policy, PolicyOfRoute, PolicyRoute } from "../model/exchange/policy.ts";
import { createErrorPages, errorPages } from "../policies/error-pages/error-pages.ts";
import type { ErrorPages } from "../policies/error-pages/pages.ts";
import type { PolicyDeps } from "../policies/policy-deps.ts";
import { type AnyPolicyDefinition, callerFieldsOf, policies } from "../policies/registry.ts";
import type { OwnEndpoints } from "../routing/own-endpoints.ts";
import type { PolicyTallies } from "../telemetry/policy-tallies.ts";
import type { RouteMetrics } from "../telemetry/route-metrics.ts";
import type { Service } from "../model/upstream/service.ts";
import { serviceNameOf } from "../model/http/service-name-of.ts";
import type { UpstreamTimeouts } from "../model/upstream/upstream.ts";
import { BoundPolicy } from "./bound-policy.ts";
import { compileRewrite } from "./compile-rewrite.ts";
import type { CompiledRoute, Layer, ResponseHook, WebSocketRoute } from "./compiled-route.ts";

export interface CompileParts {
  readonly own: OwnEndpoints;
  readonly service: Service | null;
  readonly aggregate: Aggregate | null;
  readonly deps: PolicyDeps;
  readonly metrics: RouteMetrics;
  readonly totalMs: number;
  readonly websocket: WebSocketRoute | null;
  /** Opens the tally of a policy on a route. */
  readonly openTally: PolicyTallies["open"];
  /** What the policies so far were created as, by their config: routes with an equal one share it. */
  readonly createdPolicies: Map<string, Policy | PolicyOfRoute>;
  /** For routes without error pages of their own; `null` for none. */
  readonly errorPages: ErrorPages | null;
  /** Receives the cleanup function of each part as soon as it is created, so that it also runs where a later part fails. */
  readonly onEnd: (end: () => MaybePromise<void>) => void;
}

/**
 * What equals its service's or the default is the same object for all routes: requests that are spread over thousands of routes then find
 * it in the CPU's caches.
 *
 * @throws Error where a policy cannot be bound: the snapshot is then not used, so that no policy is silently missing.
 */
export function compileRoute(config: RouteConfig, parts: CompileParts): CompiledRoute {
  const { service, aggregate, metrics, totalMs, websocket } = parts;
  const own = inPhaseOrder(config.policies).map((entry) => bind(entry, config, parts));
  const bound = [...sharedErrorPages(config, parts), ...own];
  return {
    id: config.id,
    match: config.match,
    givesWay: parts.own.isAbove(config.match.path),
    service,
    aggregate,
    layer: toLayer(bound),
    hasCors: config.policies.some((policy) => policy.type === "cors"),
    withheldFields: withheldBy(bound),
    rewritePath: compileRewrite(config.path),
    preservesHost: config.host === "preserve",
    bodyBytesMax: config.bodyBytesMax,
    timeouts: withOverrides((service ?? aggregate)?.timeouts ?? noTimeouts, config.timeouts),
    totalMs: config.timeouts?.totalMs ?? totalMs,
    metrics,
    policies: bound,
    websocket,
  };
}

/** Splits after each enclosing policy; that policy's own hooks belong to the layer that it ends. */
function toLayer(bound: readonly BoundPolicy[], fetched = bound.flatMap(fetchedHookOf)): Layer {
  if (bound.length === 0 && fetched.length === 0) return bare;
  const at = bound.findIndex(({ policy }) => policy.around !== undefined);
  const outer = at === -1 ? bound : bound.slice(0, at + 1);
  const requests = outer.filter(({ policy }) => policy.request !== undefined);
  const responses = outer.filter(({ policy }) => policy.response !== undefined).toReversed();
  const policy = bound[at];
  if (policy === undefined) return { requests, responses: [...fetched, ...responses], enclosing: null };
  return { requests, responses, enclosing: { policy, inner: toLayer(bound.slice(at + 1), fetched) } };
}

function fetchedHookOf({ type, policy }: BoundPolicy): ResponseHook[] {
  return policy.fetched === undefined ? [] : [{ type, response: (exchange) => policy.fetched?.(exchange) }];
}

const bare: Layer = { requests: [], responses: [], enclosing: null };

function withheldBy(bound: readonly BoundPolicy[]): ReadonlySet<string> {
  const names = bound.flatMap(({ policy }) => policy.withheldFields ?? []);
  return names.length === 0 ? nothingWithheld : new Set([...names, ...names.map(serviceNameOf)]);
}

const nothingWithheld: ReadonlySet<string> = new Set();

const noTimeouts: UpstreamTimeouts = { connectMs: 0, firstByteMs: 0, idleMs: 0 };

function withOverrides(timeouts: UpstreamTimeouts, overrides: RouteConfig["timeouts"]): UpstreamTimeouts {
  if (overrides === undefined) return timeouts;
  const defined = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...timeouts, ...Object.fromEntries(defined) };
}

interface OrderedPolicy {
  readonly definition: AnyPolicyDefinition;
  readonly entry: PolicyConfig;
}

/** By phase, and by config order within a phase. */
function inPhaseOrder(entries: readonly PolicyConfig[]): OrderedPolicy[] {
  const all = entries.map((entry) => {
    const definition = policies[entry.type];
    if (definition === undefined) throw new Error(`there is no policy ${entry.type}`);
    return { definition, entry };
  });
  return phases.flatMap(({ name }) => all.filter(({ definition }) => definition.phase === name));
}

/** The gateway's error pages, as if they were the route's first policy. */
function sharedErrorPages(route: RouteConfig, parts: CompileParts): BoundPolicy[] {
  const { errorPages: pages, deps, openTally } = parts;
  const { type, phase } = errorPages;
  if (pages === null || route.policies.some((policy) => policy.type === type)) return [];
  const policy = createErrorPages(pages, deps.metrics, placeOf(route));
  return [new BoundPolicy(phase, policy, openTally(type, route.id))];
}

function bind(ordered: OrderedPolicy, route: RouteConfig, parts: CompileParts): BoundPolicy {
  const { type, phase } = ordered.definition;
  const tally = parts.openTally(type, route.id);
  return new BoundPolicy(phase, policyOf(ordered, route, parts), tally);
}

function policyOf(ordered: OrderedPolicy, route: RouteConfig, parts: CompileParts): Policy {
  const { createdPolicies, onEnd } = parts;
  const key = JSON.stringify(ordered.entry);
  let created = createdPolicies.get(key);
  if (created === undefined) {
    created = createPolicy(ordered, parts);
    createdPolicies.set(key, created);
  }
  if (typeof created !== "function") return created;
  return endingWith(onEnd, created(placeOf(route)));
}

function placeOf(route: RouteConfig): PolicyRoute {
  const { id, service, policies: entries } = route;
  return {
    id,
    service: service ?? null,
    callerFields: callerFieldsOf(entries),
    answersBy: () => configHash(answersOf(route)),
  };
}

/** The phases in which policies change what a cache keeps. The service is no part of it: each request may have another one. */
const behindCache: ReadonlySet<Phase> = new Set(["encode", "shape", "route"]);

function answersOf({ match, path, host, aggregate, policies: entries }: RouteConfig): unknown {
  const changing = inPhaseOrder(entries).filter(({ definition }) => behindCache.has(definition.phase));
  return [match.path, path, host, aggregate, changing.map(({ entry }) => entry)];
}

function createPolicy(
  { definition, entry }: OrderedPolicy,
  { deps, onEnd }: CompileParts,
): Policy | PolicyOfRoute {
  const { type: _type, ...config } = entry;
  const created = definition.create(config, deps);
  return typeof created === "function" ? created : endingWith(onEnd, created);
}

function endingWith(onEnd: CompileParts["onEnd"], policy: Policy): Policy {
  if (policy.dispose !== undefined) onEnd(() => policy.dispose?.());
  return policy;
}
