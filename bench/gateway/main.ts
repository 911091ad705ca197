/**
 * `bun run bench [--seconds N] [--connections N] [--routes 1,10000] [--peers nginx,cartway] [--rounds N]`: the gateway beside
 * its peers, one after the other, each doing the same job in front of the same upstream, in several rounds so that changes in the
 * machine's speed affect all. Prints the median of each figure and the ratios to nginx. Absolute figures are valid
 * on this machine only; the ratios carry over. Each peer, and the upstream alone, is also given half of the peer's throughput at a constant
 * rate: `added p99` is what the peer adds to the 99th percentile.
 *
 * `--workers 2` gives each peer that many processors: nginx and Cartway processes, HAProxy and Caddy threads, Fastify a cluster. Load and
 * upstream need processors besides: where there are none left, CPU per request is more meaningful than requests per second.
 *
 * `--access RS256,HS256` measures authentication instead: every request carries one of `--users` tokens, is verified,
 * counted against its user's limit and proxied. Each peer's refusals are checked before it is measured; ratios are to HAProxy. Exits 1
 * where Cartway answers fewer requests a second than HAProxy.
 *
 * `--stores RS256,HS256` does the same with Cartway alone, for each store of a limit; ratios are to in process. Exits 1 where limits
 * leased from Redis cost more than 5 % of the requests.
 *
 * `--policies` measures the gateway alone with each policy switched on separately; ratios are to none.
 */
import { readCommandLine } from "@libs/command-line";
import { type Figure, printFigures } from "@libs/measuring";
import { isAccessAlgorithm, withAccessJob } from "./access/access-job.ts";
import { accessPeers, limitStorePeers } from "./access/access-peers.ts";
import type { AccessPeer } from "./access/access-peer.ts";
import { proveAccess } from "./access/prove-access.ts";
import { measureAll, type Subject } from "./measure.ts";
import { type Peer, routeRequests } from "./peer.ts";
import { policySubjects } from "./policy-costs.ts";
import { caddy } from "./peers/caddy.ts";
import { cartway } from "./peers/cartway.ts";
import { fastify } from "./peers/fastify.ts";
import { haproxy } from "./peers/haproxy.ts";
import { nginx } from "./peers/nginx.ts";
import { printTable, rateRatio } from "./print-table.ts";

const proxies: readonly Peer[] = [nginx, haproxy, caddy, fastify, cartway];

const usage = `usage: bun run bench [options]

  --peers NAMES        some of nginx,haproxy,caddy,fastify,cartway; all where not given
  --routes NUMBERS     sizes of the route table, one table of figures each (1,10000)
  --workers N          processors for each of them: processes, or threads (1)
  --policies           the gateway alone instead, with each policy by itself
  --access ALGORITHMS  knowing the caller instead: RS256,HS256, with --users N tokens (1000)
  --stores ALGORITHMS  the same with Cartway alone, for each place in which a limit can be counted
  --seconds N --connections N --rounds N  of each measurement (5, 64, 3)`;
const { values, number, numbers, refuse } = readCommandLine(usage, {
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    routes: { type: "string", default: "1,10000" },
    rounds: { type: "string", default: "3" },
    users: { type: "string", default: "1000" },
    workers: { type: "string", default: "1" },
    access: { type: "string" },
    stores: { type: "string" },
    policies: { type: "boolean", default: false },
    peers: { type: "string" },
  },
});
const rounds = number("rounds");
const workers = number("workers");
const measured = `${values.connections} connections, median of ${rounds}`;
const load = { seconds: number("seconds"), connections: number("connections") };

if (values.policies) {
  await measurePolicies();
} else if (values.stores !== undefined) {
  for (const algorithm of values.stores.split(","))
    await compareAccess(algorithm, {
      peers: limitStorePeers,
      baseline: "Cartway",
      required: [["Cartway redis-leases", 0.95]],
    });
} else if (values.access !== undefined) {
  for (const algorithm of values.access.split(","))
    await compareAccess(algorithm, {
      peers: accessPeers,
      baseline: "HAProxy",
      required: [["Cartway", 1]],
    });
} else {
  for (const routes of numbers("routes")) await compareProxies(routes);
}

async function compareProxies(routes: number): Promise<void> {
  const subjects = proxies.filter(isWanted).map((peer): Subject => {
    const { name } = peer;
    return {
      name,
      missing: () => peer.missing(),
      command: (place) => peer.prepare({ ...place, routes, workers }),
    };
  });
  const requests = routeRequests(routes);
  const measurements = await measureAll(subjects, { ...load, requests, halfLoad: true }, rounds);
  const title = `${routes} route${routes === 1 ? "" : "s"}, ${workers === 1 ? "" : `${workers} workers, `}${measured}`;
  printTable(title, measurements, nginx.name);
}

async function measurePolicies(): Promise<void> {
  const measurements = await measureAll(
    policySubjects().filter(isWanted),
    { ...load, requests: routeRequests(1) },
    rounds,
  );
  printTable(`one policy each, ${measured}`, measurements, "no policy");
}

interface Comparison {
  readonly peers: readonly AccessPeer[];
  readonly baseline: string;
  /** Names of peers, each with the least share of the baseline's requests a second that it must answer. */
  readonly required: readonly (readonly [name: string, atLeast: number])[];
}

async function compareAccess(algorithm: string, { peers, baseline, required }: Comparison): Promise<void> {
  if (!isAccessAlgorithm(algorithm)) return refuse(`RS256 and HS256 are measured, not ${algorithm}`);
  await withAccessJob({ algorithm, users: number("users") }, async (job) => {
    const proved: Subject[] = [];
    for (const peer of peers.filter(isWanted)) {
      const failure = peer.missing(job) ?? (await proveAccess(peer, job));
      if (failure !== null) console.log(`${peer.name}: not measured: ${failure}`);
      else
        proved.push({ name: peer.name, missing: () => null, command: (place) => peer.prepare(job, place) });
    }
    const requests = job.tokens.map((token) => ({
      path: "/r0/items",
      headers: { authorization: `Bearer ${token}` },
    }));
    const measurements = await measureAll(proved, { ...load, requests }, rounds);
    printTable(`${algorithm}, ${values.users} users with a limit each, ${measured}`, measurements, baseline);
    const figures = required.map(([name, atLeast]): Figure => {
      const value = rateRatio(measurements, name, baseline);
      return { what: `requests a second of ${name} to those of ${baseline}`, value, unit: "x", atLeast };
    });
    if (printFigures(figures) > 0) process.exitCode = 1;
  });
}

function isWanted({ name }: { readonly name: string }): boolean {
  const wanted = values.peers?.toLowerCase().split(",");
  return wanted === undefined || wanted.some((part) => name.toLowerCase().includes(part));
}
