import { routeRequests } from "../../gateway/peer.ts";
import { runWrk } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "../support/start-gateway.ts";
import { untilSent } from "../support/until-sent.ts";
import { withUpstream } from "../support/with-upstream.ts";

const chunkSeconds = 10;
const routes = 10;

/** Requirement: 24 h worth of requests (several million) leave memory flat. */
export const steady: Scenario = {
  what: "answered requests over ten routes (--requests 5000000 for a day's worth)",
  run: ({ requests }) =>
    withUpstream(async (upstreamPort, directory) => {
      const gateway = await startGateway(configWith(upstreamPort, routes), directory, "/r0/items");
      try {
        const load = {
          url: gateway.url,
          connections: 64,
          requests: routeRequests(routes),
          directory,
          seconds: chunkSeconds,
        };
        const { sent, errors, figures } = await untilSent(requests, gateway, () => runWrk(load));
        return [
          { what: "requests", value: sent, unit: "" },
          { what: "failed", value: errors, unit: "", atMost: 0 },
          ...figures,
        ];
      } finally {
        await gateway.stop();
      }
    }),
};
