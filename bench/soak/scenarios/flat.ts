import { type Figure, median } from "@libs/measuring";
import { processUsage } from "../../gateway/process-usage.ts";
import { runWrk } from "../../gateway/wrk.ts";
import { type FlatServer, startFlatServers } from "../support/flat-servers.ts";
import type { Scenario } from "./scenario.ts";
import { withUpstream } from "../support/with-upstream.ts";

/** Turns of a second for each: other load on the machine then affects neighbours alike. */
const turns = 15;

type Costs = ReadonlyMap<string, readonly number[]>;

/**
 * 10,000 routes and 1,000 targets must cost within 10 % of 10 and 3. Requests are spread over the routes. A thousand targets are a thousand sockets, whose data is in no
 * CPU cache when their turn comes, neither the process' nor the kernel's: the cost to the barest proxy on the same runtime, and to
 * HAProxy, is measured beside it. Ratios are of neighbours in one round, the median of all rounds.
 */
export const flat: Scenario = {
  what: "10,000 routes beside 10, and 1,000 targets beside 3: CPU per request, in turns of a second",
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const servers = await startFlatServers(upstreamPort, directory);
      try {
        const load = { connections: 32, directory };
        const costs = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
        for (const { url, requests } of servers) await runWrk({ ...load, url, requests, seconds: 2 });
        for (let round = 0; round < turns; round += 1) {
          for (const server of servers) {
            const before = processUsage(server.pid).cpuSeconds;
            const { url, requests } = server;
            const turn = { ...load, url, requests, seconds: Math.max(1, Math.round(seconds / 10)) };
            const { requests: sent, errors } = await runWrk(turn);
            if (errors > 0) throw new Error(`${errors} of ${sent} requests failed`);
            const cost = ((processUsage(server.pid).cpuSeconds - before) * 1e6) / sent;
            costs.get(server.name)?.push(cost);
          }
        }
        return figuresOf(costs, servers);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    }),
};

function figuresOf(costs: Costs, servers: readonly FlatServer[]): readonly Figure[] {
  const of = (name: string): readonly number[] => costs.get(name) ?? [];
  const few = of("few");
  const more = (many: string, one: string): readonly number[] =>
    of(many).map((cost, round) => cost - (of(one)[round] ?? Number.NaN));
  const ratio = (many: string, one: string): number =>
    median(of(many).map((cost, round) => cost / (of(one)[round] ?? Number.NaN)));
  const [own, bare] = [more("targets", "few"), more("bare targets", "bare few")];
  const figures: Figure[] = [
    { what: "10 routes, 3 targets", value: median(few), unit: "us" },
    { what: "10,000 routes", value: ratio("routes", "few"), unit: "x", atMost: 1.1 },
    { what: "1,000 targets", value: ratio("targets", "few"), unit: "x", atMost: 1.1 },
    { what: "1,000 targets, a subset of 100", value: ratio("subset", "few"), unit: "x", atMost: 1.1 },
    { what: "1,000 targets cost more", value: median(own), unit: "us" },
    { what: "bare sockets to 1,000 cost more than to 3", value: median(bare), unit: "us" },
    {
      what: "1,000 targets, without what bare sockets to them cost",
      value: 1 + median(own.map((cost, round) => (cost - (bare[round] ?? 0)) / (few[round] ?? Number.NaN))),
      unit: "x",
      atMost: 1.1,
    },
    { what: "bare sockets to 1,000", value: ratio("bare targets", "bare few"), unit: "x" },
  ];
  if (servers.some(({ name }) => name === "haproxy few"))
    figures.push({
      what: "1,000 targets, HAProxy",
      value: ratio("haproxy targets", "haproxy few"),
      unit: "x",
    });
  return figures;
}
