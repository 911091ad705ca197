import { checkPageOrigin } from "../../identity/page-origin.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyPlace } from "../../model/exchange/policy.ts";
import type { Steps } from "../../model/steps.ts";
import { policies } from "../../policies/registry.ts";
import { parsePathPattern } from "../../routing/path-pattern.ts";
import { Router } from "../../routing/router.ts";
import { checkAggregate } from "./check-aggregate.ts";
import { checkMatch } from "./check-match.ts";
import { checkRepeatedPolicies } from "./check-repeated-policies.ts";
import { checkRewrite } from "./check-rewrite.ts";
import { checkSharedSettings } from "./check-shared-settings.ts";
import type { GatewayConfig, PolicyConfig, RouteConfig } from "../schema.ts";
import type { ConfigSection } from "./sections.ts";
import { unknownName } from "../suggestions/unknown-name.ts";

/** Checks of `routes` beyond their schema: references exist, every route has a destination and can be reached. */
export const routesSection: ConfigSection = {
  *check(config, { readsFiles }) {
    const services = Object.keys(config.services);
    const permissions = new Set(Object.values(config.roles).flatMap((role) => role.permissions));
    const ofRoutes: ConfigIssue[] = [];
    for (const [index, route] of config.routes.entries()) {
      ofRoutes.push(...checkRoute({ config, services, permissions, route, readsFiles }, `/routes/${index}`));
      yield;
    }
    const issues = [...ofRoutes, ...checkDuplicates(config), ...checkSharedSettings(config)];
    // Only valid patterns can be compared.
    return issues.length > 0 ? issues : yield* checkReachable(config);
  },
};

/** Policies that answer requests themselves: a route with one needs no service. */
const answering: ReadonlySet<string> = new Set(["respond", "redirect"]);

interface CheckedRoute {
  readonly config: GatewayConfig;
  /** The names of all services. */
  readonly services: readonly string[];
  /** What the roles grant, all of them together. */
  readonly permissions: ReadonlySet<string>;
  readonly route: RouteConfig;
  readonly readsFiles: boolean;
}

function checkRoute(checked: CheckedRoute, base: string): ConfigIssue[] {
  const { config, services, permissions, route, readsFiles } = checked;
  const issues = checkMatch(route.match, `${base}/match`, config.server);
  const pattern = parsePathPattern(route.match.path);
  if (route.service !== undefined && !Object.hasOwn(config.services, route.service)) {
    issues.push(unknownName(`${base}/service`, { kind: "service", name: route.service, known: services }));
  }
  const { methods } = route.match;
  if (route.websocket !== false && (route.service === undefined || methods?.includes("GET") === false)) {
    const message = `the route ${route.id} can tunnel no WebSocket`;
    issues.push({ path: `${base}/websocket`, message, expected: "a route to a service that takes GET" });
  }
  if (typeof route.websocket === "object")
    for (const [index, text] of (route.websocket.origins ?? []).entries())
      issues.push(...checkPageOrigin(text, `${base}/websocket/origins/${index}`));
  issues.push(...checkRewrite(route, `${base}/path`, parametersOf(pattern?.segments ?? [])));
  issues.push(
    ...checkAggregate(route, base, { services, parameters: parametersOf(pattern?.segments ?? []) }),
  );
  if (hasNoDestination(route)) {
    const expected = `a service, an aggregate, or a policy that answers: ${[...answering].join(", ")}`;
    issues.push({ path: base, message: `the route ${route.id} has no destination`, expected });
  }
  const place = {
    parameters: parametersOf(pattern?.segments ?? []),
    policies: route.policies.map(({ type }) => type),
    permissions,
    readsFiles,
  };
  return [
    ...issues,
    ...checkRepeatedPolicies(route.policies, base),
    ...route.policies.flatMap((policy, at) => checkPolicy(policy, place, `${base}/policies/${at}`)),
    ...route.policies.flatMap((policy, at) =>
      checkServices(policy, { services, own: route.service }, `${base}/policies/${at}`),
    ),
  ];
}

function hasNoDestination({ service, aggregate, policies: entries }: RouteConfig): boolean {
  return service === undefined && aggregate === undefined && !entries.some(({ type }) => answering.has(type));
}

type Segments = NonNullable<ReturnType<typeof parsePathPattern>>["segments"];

function parametersOf(segments: Segments): readonly string[] {
  return segments.flatMap((segment) => (segment.kind === "parameter" ? [segment.name] : []));
}

function checkPolicy(
  { type, ...fields }: PolicyConfig,
  place: PolicyPlace,
  path: string,
): readonly ConfigIssue[] {
  const issues = policies[type]?.check?.(fields, place) ?? [];
  return issues.map((issue) => ({ ...issue, path: path + issue.path }));
}

interface KnownServices {
  /** The names of all. */
  readonly services: readonly string[];
  readonly own: string | undefined;
}

/** A service that a policy sends requests to must exist, and differ from the route's own. */
function checkServices(
  { type, ...fields }: PolicyConfig,
  { services, own }: KnownServices,
  base: string,
): readonly ConfigIssue[] {
  return (policies[type]?.services?.(fields) ?? []).flatMap(({ path, name }) => {
    const at = `${base}${path}`;
    if (!services.includes(name)) return [unknownName(at, { kind: "service", name, known: services })];
    if (own === undefined) {
      const message = `the route has no service of its own, so that ${type} would do nothing`;
      return [{ path: at, message, expected: "a route with a service" }];
    }
    if (name !== own) return [];
    return [{ path: at, message: `${name} is the route's own service`, expected: "another one" }];
  });
}

function checkDuplicates({ routes }: GatewayConfig): ConfigIssue[] {
  const first = new Map<string, number>();
  return routes.flatMap((route, index) => {
    const before = first.get(route.id);
    if (before === undefined) {
      first.set(route.id, index);
      return [];
    }
    const message = `the route id ${JSON.stringify(route.id)} is taken by /routes/${before}`;
    return [{ path: `/routes/${index}/id`, message, expected: "an id of its own" }];
  });
}

function* checkReachable({ routes }: GatewayConfig): Steps<readonly ConfigIssue[]> {
  const { shadowed } = yield* Router.inSteps(routes);
  if (shadowed.length === 0) return [];
  const places = new Map(routes.map((route, index) => [route.id, index]));
  return shadowed.map(({ route, by }) => ({
    path: `/routes/${places.get(route)}`,
    message: `the route ${route} can never match: all of its requests go to ${by}`,
    expected: "a match that differs, or one route less",
  }));
}
