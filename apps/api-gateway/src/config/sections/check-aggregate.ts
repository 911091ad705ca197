import { isQueryName, placeholdersOf } from "../../aggregation/part-path.ts";
import type { AggregateConfig, PartConfig } from "../../aggregation/schema.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { RouteConfig } from "../schema.ts";
import { unknownName } from "../suggestions/unknown-name.ts";

export interface AggregatePlace {
  /** The names of all services. */
  readonly services: readonly string[];
  /** Of the route's path. */
  readonly parameters: readonly string[];
}

/** Checks a route's `aggregate`: its parts are valid, and no setting beside it applies only to a single service. */
export function checkAggregate(route: RouteConfig, base: string, place: AggregatePlace): ConfigIssue[] {
  const { aggregate } = route;
  if (aggregate === undefined) return [];
  return [...checkBeside(route, base), ...checkParts(aggregate, `${base}/aggregate/parts`, place)];
}

function checkBeside({ service, match, path, timeouts = {} }: RouteConfig, base: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (service !== undefined) {
    const message = "service and aggregate are both given";
    issues.push({ path: `${base}/service`, message, expected: "one of them" });
  }
  if (match.methods?.length !== 1 || match.methods[0] !== "GET") {
    const message = "an aggregate only answers GET";
    issues.push({ path: `${base}/match/methods`, message, expected: '["GET"]' });
  }
  if (Object.values(path).some((value) => value !== undefined)) {
    const message = "each part has its own path: this would change nothing";
    issues.push({ path: `${base}/path`, message, expected: "the path of a part" });
  }
  for (const [name, value] of Object.entries(timeouts)) {
    if (name === "totalMs" || value === undefined) continue;
    const message = `${name} is for one service: this would change nothing`;
    issues.push({ path: `${base}/timeouts/${name}`, message, expected: "totalMs, or timeoutMs of a part" });
  }
  return issues;
}

function checkParts({ parts }: AggregateConfig, base: string, place: AggregatePlace): ConfigIssue[] {
  return Object.entries(parts).flatMap(([name, part]) => checkPart(part, `${base}/${name}`, place));
}

function checkPart(
  { service, path, flatten, pick }: PartConfig,
  at: string,
  place: AggregatePlace,
): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (!place.services.includes(service))
    issues.push(unknownName(`${at}/service`, { kind: "service", name: service, known: place.services }));
  const unknown = placeholdersOf(path).filter(
    (name) => !isQueryName(name) && !place.parameters.includes(name),
  );
  for (const name of unknown)
    issues.push(unknownName(`${at}/path`, { kind: "path parameter", name, known: place.parameters }));
  if (flatten && pick !== undefined && Object.hasOwn(pick, "_incomplete")) {
    const message = "_incomplete names the parts that are not there";
    issues.push({ path: `${at}/pick/_incomplete`, message, expected: "another name" });
  }
  return issues;
}
