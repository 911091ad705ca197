import { discoveries } from "../../discovery/registry.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { TypedEntry } from "../../model/config/typed-entry.ts";
import { balancers } from "../../upstream/balancing/registry.ts";
import { findCycles } from "./find-cycles.ts";
import type { ConfigSection } from "./sections.ts";
import type { GatewayConfig } from "../schema.ts";
import { unknownName } from "../suggestions/unknown-name.ts";
import { encodePointerKey } from "../../model/config/json-pointer.ts";

/** Checks of `services` beyond their schemas. */
export const servicesSection: ConfigSection = {
  check({ services }) {
    const names = Object.keys(services);
    const cycles = findCycles(names, (name) => services[name]?.fallback?.service);
    return Object.entries(services).flatMap(([name, service]) => {
      const path = `/services/${encodePointerKey(name)}`;
      return [
        ...checkEntry(discoveries, service.discovery, `${path}/discovery`),
        ...checkEntry(balancers, service.balancer, `${path}/balancer`),
        ...checkFallback({ services, names }, name, `${path}/fallback`),
        ...checkCycle(cycles.get(name), `${path}/fallback/service`),
        ...checkBounds(service, path),
        ...checkTransport(service, path),
        ...checkSubset(service, path),
      ];
    });
  },
};

type ServiceConfigs = GatewayConfig["services"];

interface NamedServices {
  readonly services: ServiceConfigs;
  readonly names: readonly string[];
}

function checkFallback({ services, names }: NamedServices, name: string, path: string): ConfigIssue[] {
  const fallback = services[name]?.fallback;
  if (fallback === undefined) return [];
  if (fallback.service === undefined) {
    if (fallback.respond !== undefined) return [];
    return [{ path, message: "the fallback has no destination", expected: "service, respond, or both" }];
  }
  if (!Object.hasOwn(services, fallback.service))
    return [unknownName(`${path}/service`, { kind: "service", name: fallback.service, known: names })];
  return [];
}

/** Chains of fallbacks must not be cyclic. */
function checkCycle(cycle: readonly string[] | undefined, path: string): ConfigIssue[] {
  if (cycle === undefined) return [];
  const message = `the fallbacks of ${cycle.join(", ")} lead back to ${cycle[0]}`;
  return [{ path, message, expected: "fallbacks without a cycle" }];
}

/** Pairs of bounds in the wrong order. */
function checkBounds({ retry, outliers, breaker }: ServiceConfigs[string], path: string): ConfigIssue[] {
  const pairs: [path: string, low: number, high: number, expected: string][] = [
    ["retry/backoff/maxMs", retry.backoff.baseMs, retry.backoff.maxMs, "baseMs"],
  ];
  if (outliers !== undefined)
    pairs.push(["outliers/ejectionMsMax", outliers.ejectionMs, outliers.ejectionMsMax, "ejectionMs"]);
  for (const scope of ["service", "target"] as const) {
    const settings = breaker?.[scope];
    if (settings !== undefined)
      pairs.push([`breaker/${scope}/openMsMax`, settings.openMs, settings.openMsMax, "openMs"]);
  }
  return pairs.flatMap(([at, low, high, other]) =>
    high >= low
      ? []
      : [
          {
            path: `${path}/${at}`,
            message: `${high} is less than ${other}, which is ${low}`,
            expected: `at least ${other}`,
          },
        ],
  );
}

/** Gateways agree on a key's target only if all of them use the same targets. */
function checkSubset({ subsetSize, balancer }: ServiceConfigs[string], path: string): ConfigIssue[] {
  if (subsetSize === undefined || balancer.type !== "consistent-hash") return [];
  const message = "every process draws another subset, so that each would send a key to another target";
  return [{ path: `${path}/subsetSize`, message, expected: "no subset with consistent-hash" }];
}

/** HTTP/2 is negotiated in the TLS handshake; a client certificate requires its key. */
function checkTransport({ protocol, tls, discovery }: ServiceConfigs[string], path: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    issues.push({ path: `${path}/tls`, message: "cert and key belong together", expected: "both, or none" });
  if (protocol === "http2" && discovery.type === "static") {
    for (const [index, { url }] of (discovery["targets"] as { url: string }[]).entries()) {
      if (url.startsWith("https:")) continue;
      const message = `${url} cannot speak http2`;
      issues.push({
        path: `${path}/discovery/targets/${index}/url`,
        message,
        expected: "an https:// target",
      });
    }
  }
  return issues;
}

interface Checkable {
  check?(config: unknown): readonly ConfigIssue[];
}

function checkEntry(
  registry: Readonly<Record<string, Checkable>>,
  { type, ...fields }: TypedEntry,
  path: string,
): ConfigIssue[] {
  const issues = registry[type]?.check?.(fields) ?? [];
  return issues.map((issue) => ({ ...issue, path: path + issue.path }));
}
