import { routeRequests } from "../../gateway/peer.ts";
import { runWrk } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "../support/start-gateway.ts";
import { withUpstream } from "../support/with-upstream.ts";

const routes = 2000;

/** Requirement: a reload of 2,000 routes under load takes under 300 ms, and no request fails. */
export const reload: Scenario = {
  what: `a config of ${routes} routes is replaced again and again under load`,
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const gateway = await startGateway(configWith(upstreamPort, routes), directory, "/r0/items");
      try {
        const load = runWrk({
          url: gateway.url,
          seconds,
          connections: 32,
          requests: routeRequests(routes),
          directory,
        });
        const times: number[] = [];
        for (const deadline = Date.now() + (seconds - 1) * 1000; Date.now() < deadline; await Bun.sleep(200))
          times.push(await gateway.reload(configWith(upstreamPort, routes, times.length + 1)));
        const { requests, errors } = await load;
        return [
          { what: "reloads", value: times.length, unit: "" },
          {
            what: "slowest reload, from the signal to the new config in force",
            value: Math.max(...times),
            unit: "ms",
            atMost: 300,
          },
          { what: "requests meanwhile", value: requests, unit: "" },
          { what: "of which failed", value: errors, unit: "", atMost: 0 },
        ];
      } finally {
        await gateway.stop();
      }
    }),
};
