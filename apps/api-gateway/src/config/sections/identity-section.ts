import { RoleGraph } from "@libs/auth";
import { identityTypes } from "../../identity/registry.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { TypedEntry } from "../../model/config/typed-entry.ts";
import type { GatewayConfig } from "../schema.ts";
import type { ConfigSection } from "./sections.ts";
import { unknownName } from "../suggestions/unknown-name.ts";
import { encodePointerKey } from "../../model/config/json-pointer.ts";

/** Checks `identity`, `roles`, and all references of routes to them. */
export const identitySection: ConfigSection = {
  check(config) {
    return [...checkEntries(config), ...checkRoles(config), ...checkNames(config)];
  },
};

function checkEntries({ identity, services, server }: GatewayConfig): ConfigIssue[] {
  return Object.entries(identity).flatMap(([name, entry]) => {
    const path = `/identity/${encodePointerKey(name)}`;
    return [
      ...checkEntry(entry, path),
      ...checkServices(entry, services, path),
      ...checkCertificates(entry, server, path),
    ];
  });
}

/**
 * Client certificates must be requested by the listener or reported by trusted proxies; otherwise the identity could never authenticate
 * anybody.
 */
function checkCertificates(
  { type }: TypedEntry,
  { trustedProxies, trustedHops, tls }: GatewayConfig["server"],
  path: string,
): ConfigIssue[] {
  if (
    type !== "mtls" ||
    trustedProxies.length > 0 ||
    trustedHops > 0 ||
    tls?.clientCertificates !== undefined
  )
    return [];
  const expected = "/server/tls/clientCertificates, or the proxies that end TLS under /server/trustedProxies";
  return [
    { path, message: "cannot identify anybody, because clients are not asked for certificates", expected },
  ];
}

/** An identity whose service does not exist could authenticate nobody. */
function checkServices(entry: TypedEntry, services: GatewayConfig["services"], path: string): ConfigIssue[] {
  const { type, ...fields } = entry;
  const asked = identityTypes[type]?.services(fields) ?? [];
  return asked.flatMap(({ path: inner, name, decides }) => {
    const place = path + inner;
    const service = services[name];
    if (service === undefined)
      return [unknownName(place, { kind: "service", name, known: Object.keys(services) })];
    if (!decides || service.fallback?.respond === undefined) return [];
    const message = `${name} has a fixed answer for when it is away, which would be taken for its word`;
    return [{ path: place, message, expected: "a service without fallback.respond" }];
  });
}

function checkEntry({ type, ...fields }: TypedEntry, path: string): readonly ConfigIssue[] {
  const issues = identityTypes[type]?.check(fields) ?? [];
  return issues.map((issue) => ({ ...issue, path: path + issue.path }));
}

function checkRoles({ roles }: GatewayConfig): ConfigIssue[] {
  try {
    void new RoleGraph(roles);
    return [];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [
      {
        path: "/roles",
        message: error.message,
        expected: "roles that inherit from defined ones, without cycles",
      },
    ];
  }
}

/** An unknown identity would admit nobody, or with `anonymous` everybody. */
function checkNames({ routes, identity }: GatewayConfig): ConfigIssue[] {
  const known = Object.keys(identity);
  return routes.flatMap((route, index) =>
    route.policies.flatMap((policy, at) => {
      const names: unknown = policy.type === "authenticate" ? Reflect.get(policy, "with") : [];
      if (!Array.isArray(names)) return [];
      return names.flatMap((name: unknown, place) =>
        typeof name !== "string" || known.includes(name)
          ? []
          : [unknownName(`/routes/${index}/policies/${at}/with/${place}`, { kind: "identity", name, known })],
      );
    }),
  );
}
