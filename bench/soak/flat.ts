import { routeRequests } from "../gateway/peer.ts";
import { processUsage } from "../gateway/process-usage.ts";
import { runWrk } from "../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "./start-gateway.ts";
import { withUpstream } from "./with-upstream.ts";

const rounds = 5;

/** Issue: 10,000 routes and 1,000 targets cost within 10 % of 10 and 3. */
export const flat: Scenario = {
  what: "10,000 routes beside 10, and 1,000 targets beside 3: CPU per request, best of alternating rounds",
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const cost = async (routes: number, targets: number): Promise<number> => {
        const config = {
          ...configWith(upstreamPort, routes),
          services: { upstream: serviceOf(upstreamPort, targets) },
        };
        const gateway = await startGateway(config, directory, "/r0/items");
        try {
          const load = { url: gateway.url, connections: 32, requests: routeRequests(10), directory };
          await runWrk({ ...load, seconds: 2 });
          const before = processUsage(gateway.pid).cpuSeconds;
          const { requests, errors } = await runWrk({ ...load, seconds: Math.max(2, seconds / 3) });
          if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
          return ((processUsage(gateway.pid).cpuSeconds - before) * 1e6) / requests;
        } finally {
          await gateway.stop();
        }
      };
      const best = { few: Infinity, manyRoutes: Infinity, manyTargets: Infinity };
      for (let round = 0; round < rounds; round += 1) {
        best.few = Math.min(best.few, await cost(10, 3));
        best.manyRoutes = Math.min(best.manyRoutes, await cost(10_000, 3));
        best.manyTargets = Math.min(best.manyTargets, await cost(10, 1000));
      }
      return [
        { what: "10 routes, 3 targets", value: best.few, unit: "us" },
        { what: "10,000 routes", value: best.manyRoutes / best.few, unit: "x", atMost: 1.1 },
        { what: "1,000 targets", value: best.manyTargets / best.few, unit: "x", atMost: 1.1 },
      ];
    }),
};

/** The same upstream under many names: every address of 127.0.0.0/8 is this machine. */
function serviceOf(port: number, targets: number): object {
  const urls = Array.from(
    { length: targets },
    (_, index) => `http://127.0.${index >> 8}.${index & 255 || 1}:${port}`,
  );
  return { discovery: { type: "static", targets: [...new Set(urls)].map((url) => ({ url })) } };
}
