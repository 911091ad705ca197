import { parseIp } from "@libs/ip";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { milliseconds } from "../../model/config/milliseconds.ts";
import { pollProvider } from "../poll-provider.ts";
import type { DiscoveredTarget, DiscoveryDefinition } from "../discovery.ts";
import { LastGoodTargets, targetsMinSchema } from "../last-good-targets.ts";
import { ownFamilies } from "./own-families.ts";
import { Resolver } from "./resolver.ts";
import { serverOf, systemServers } from "./system-servers.ts";

/** Between two queries for a name without records: a service that is being started must not be waited for as long as that may be cached. */
const emptyMsMax = 5000;

const schema = Type.Object(
  {
    name: Type.String({
      examples: ["shop.internal"],
      pattern: "^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9.])?$",
      description: "The fully qualified name to resolve; search domains and /etc/hosts are not used.",
    }),
    record: Type.Union([Type.Literal("address"), Type.Literal("srv")], {
      default: "address",
      description: "`address` for A and AAAA; `srv` for SRV, with its ports, priorities and weights.",
    }),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: "Of every target; SRV records bring their own.",
      }),
    ),
    protocol: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      default: "http",
      description: "With https, a target's certificate must be for `name`, or for the SRV record's target.",
    }),
    families: Type.Optional(
      Type.Array(Type.Union([Type.Literal(4), Type.Literal(6)]), {
        minItems: 1,
        maxItems: 2,
        uniqueItems: true,
        description:
          "Kinds of addresses; where absent, those that this machine has itself, loopback and link-local ones aside.",
      }),
    ),
    servers: Type.Array(
      Type.String({
        pattern: "^[0-9A-Fa-f.:\\[\\]]{2,64}$",
        description: "`10.0.0.2`, `10.0.0.2:5353` or `[fd00::2]:53`.",
      }),
      {
        default: [],
        maxItems: 16,
        description: "Servers, tried in order; those of /etc/resolv.conf where empty.",
      },
    ),
    timeoutMs: milliseconds("Timeout of one query to one server.", { default: 2000, maximum: 60_000 }),
    ttlMsMin: milliseconds("Shortest time between two queries, whatever the TTL.", {
      default: 1000,
      minimum: 10,
    }),
    ttlMsMax: milliseconds("Longest time between two queries, whatever the TTL.", {
      default: 60_000,
      minimum: 10,
    }),
    targetsMin: targetsMinSchema,
  },
  {
    additionalProperties: false,
    description: "The addresses behind a DNS name, followed as their TTLs say.",
  },
);

type DnsConfig = Static<typeof schema>;

export const dnsDiscovery: DiscoveryDefinition<typeof schema> = {
  type: "dns",
  schema,
  check: checkDns,
  start(config, deps) {
    const lastGood = new LastGoodTargets("dns", config.targetsMin, deps);
    const configured = config.servers.map(serverOf);
    const resolver = new Resolver({
      servers: () => (configured.length > 0 ? configured : systemServers()),
      timeoutMs: config.timeoutMs,
    });
    const end = pollProvider({
      clock: deps.clock,
      random: deps.random,
      failed: (thrown) => lastGood.failed(thrown),
      async ask(signal) {
        const { targets, ttl } = await find(config, resolver, signal);
        lastGood.accept(targets);
        const ttlMs = targets.length === 0 ? Math.min(ttl * 1000, emptyMsMax) : ttl * 1000;
        return Math.min(config.ttlMsMax, Math.max(config.ttlMsMin, ttlMs));
      },
    });
    return {
      dispose() {
        end();
        lastGood.dispose();
      },
    };
  },
};

function checkDns({ name, servers, record, port, ttlMsMin, ttlMsMax }: DnsConfig): ConfigIssue[] {
  const issues = [...checkName(name), ...servers.flatMap(checkServer)];
  if (record === "address" && port === undefined)
    issues.push({ path: "/port", message: '"port" is missing', expected: "a port, or record: srv" });
  if (record === "srv" && port !== undefined)
    issues.push({ path: "/port", message: "SRV records have ports of their own", expected: "no port" });
  if (ttlMsMax < ttlMsMin)
    issues.push({
      path: "/ttlMsMax",
      message: `${ttlMsMax} is less than ttlMsMin, which is ${ttlMsMin}`,
      expected: "at least ttlMsMin",
    });
  return issues;
}

function checkName(name: string): ConfigIssue[] {
  const path = "/name";
  const quoted = JSON.stringify(name);
  if (parseIp(name) !== null) {
    const message = `${quoted} is an address, which DNS does not resolve`;
    return [{ path, message, expected: "a name, or discovery: { type: static }" }];
  }
  if (labels.test(name)) return [];
  const expected = "labels of 1 to 63 characters between dots";
  return [{ path, message: `${quoted} is not a DNS name`, expected }];
}

function checkServer(server: string, index: number): ConfigIssue[] {
  const { host, port } = serverOf(server);
  if (parseIp(host) !== null && port > 0 && port < 65_536) return [];
  const message = `${JSON.stringify(server)} is no address that can be connected to`;
  return [{ path: `/servers/${index}`, message, expected: "an address, and a port from 1 to 65535" }];
}

const labels = /^[^.]{1,63}(?:\.[^.]{1,63})*\.?$/;

interface Found {
  readonly targets: readonly DiscoveredTarget[];
  readonly ttl: number;
}

async function find(config: DnsConfig, resolver: Resolver, signal: AbortSignal): Promise<Found> {
  const { name, record, port = 0, protocol, families = ownFamilies() } = config;
  if (record === "srv") return await findSrv({ name, protocol, families }, resolver, signal);
  const { records, ttl } = await resolver.addresses(name, families, signal);
  const place = { name, port, protocol, weight: 1, priority: 0 };
  return { targets: records.map((address) => targetAt(address, place)), ttl };
}

/**
 * A target of several addresses shares its weight among them; one that cannot be resolved keeps its last, and does not hold up the others.
 * Rejects where none can be resolved.
 */
async function findSrv(
  { name, protocol, families }: Pick<Required<DnsConfig>, "name" | "protocol" | "families">,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<Found> {
  const { records, ttl } = await resolver.srv(name, signal);
  // target "." means that the service does not exist (RFC 2782); port 0 cannot be reached
  const offered = records.filter(({ target, port }) => target !== "" && port !== 0);
  const results = await Promise.allSettled(
    offered.map(({ target }) => resolver.addresses(target, families, signal)),
  );
  const found = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined && found.length === 0) throw failed.reason;
  const targets = offered.flatMap(({ target, port, weight, priority }, index) => {
    const result = results[index];
    const addresses =
      result?.status === "fulfilled" ? result.value.records : resolver.lastAddresses(target, families);
    // weight 0 means "little", not "nothing": if all have it, all are equal
    const each = Math.max(1, weight) / Math.max(1, addresses.length);
    const place = { name: target, port, protocol, weight: each, priority };
    return addresses.map((address) => targetAt(address, place));
  });
  return { targets, ttl: Math.min(ttl, ...found.map((one) => one.ttl)) };
}

interface Place {
  readonly name: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  readonly weight: number;
  readonly priority: number;
}

function targetAt(address: string, { port, protocol, weight, priority, ...place }: Place): DiscoveredTarget {
  const id = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const name = place.name.replace(/\.$/, "");
  const serverName = protocol === "https" ? { serverName: name } : {};
  return {
    upstream: { id, protocol, host: address, port, name, ...serverName },
    weight,
    priority,
    zone: null,
  };
}
