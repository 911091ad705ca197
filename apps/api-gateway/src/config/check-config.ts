import type { ConfigIssue } from "../model/config-issue.ts";
import { policies } from "../policies/registry.ts";
import { parsePathPattern, pathPatternExpectation } from "../routing/path-pattern.ts";
import { Router } from "../routing/router.ts";
import { fillDefaults } from "./fill-defaults.ts";
import { nearestWord } from "./nearest-word.ts";
import { type GatewayConfig, GatewayConfigSchema, type PolicyConfig, type RouteConfig } from "./schema.ts";
import { sections } from "./sections.ts";
import { encodePointer, validate } from "./validate.ts";

export type CheckedConfig =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** The config with every default filled in, or all that is wrong with it at once. Pure: reads no file, asks nobody. */
export function checkConfig(value: unknown): CheckedConfig {
  const shape = validate(GatewayConfigSchema, withDefaults(value), "");
  if (shape.length > 0) return { ok: false, issues: shape };
  const config = withDefaults(value) as GatewayConfig;
  const issues = [
    ...config.routes.flatMap((route, index) => checkRoute(config, route, `/routes/${index}`)),
    ...checkDuplicates(config),
    ...sections.flatMap((section) => section.check(config)),
  ];
  if (issues.length === 0) issues.push(...checkReachable(config));
  return issues.length > 0 ? { ok: false, issues } : { ok: true, config };
}

function withDefaults(value: unknown): unknown {
  return fillDefaults(GatewayConfigSchema, value);
}

function checkRoute(config: GatewayConfig, route: RouteConfig, base: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (parsePathPattern(route.match.path) === null) {
    const message = `${JSON.stringify(route.match.path)} is no path pattern`;
    issues.push({ path: `${base}/match/path`, message, expected: pathPatternExpectation });
  }
  if (route.service !== undefined && !Object.hasOwn(config.services, route.service)) {
    issues.push(unknownName("service", route.service, Object.keys(config.services), `${base}/service`));
  }
  if (route.path.stripPrefix !== undefined && route.path.template !== undefined) {
    issues.push({
      path: `${base}/path`,
      message: "stripPrefix and template are both given",
      expected: "one of them",
    });
  }
  const answers = route.policies.some((policy) => policy.type === "respond" || policy.type === "redirect");
  if (route.service === undefined && !answers) {
    const expected = "a service, or a policy that answers: respond, redirect";
    issues.push({ path: base, message: `the route ${route.id} leads nowhere`, expected });
  }
  return [
    ...issues,
    ...route.policies.flatMap((policy, at) => checkPolicy(policy, `${base}/policies/${at}`)),
  ];
}

function checkPolicy(entry: PolicyConfig, path: string): readonly ConfigIssue[] {
  const definition = policies[entry.type];
  if (definition === undefined)
    return [unknownName("policy", entry.type, Object.keys(policies), `${path}/type`)];
  const { type: _type, ...fields } = entry;
  const config = fillDefaults(definition.schema, fields);
  const shape = validate(definition.schema, config, path);
  if (shape.length > 0) return shape;
  return (definition.check?.(config) ?? []).map((issue) => ({ ...issue, path: path + issue.path }));
}

export function unknownName(kind: string, name: string, known: readonly string[], path: string): ConfigIssue {
  const suggestion = nearestWord(name, known);
  const expected = known.length === 0 ? `a ${kind} (none is configured)` : `one of ${known.join(", ")}`;
  const message = `the ${kind} ${JSON.stringify(name)} does not exist`;
  return { path, message, expected, ...(suggestion === undefined ? {} : { suggestion }) };
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

function checkReachable({ routes }: GatewayConfig): ConfigIssue[] {
  return new Router(routes).shadowed.map(({ route, by }) => ({
    path: `/routes/${encodePointer(String(routes.findIndex((candidate) => candidate.id === route)))}`,
    message: `the route ${route} can never match: ${by} takes all of its requests`,
    expected: "a match that differs, or one route less",
  }));
}
