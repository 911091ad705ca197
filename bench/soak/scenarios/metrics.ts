import { routeRequests } from "../../gateway/peer.ts";
import { runWrk } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "../support/start-gateway.ts";
import { withUpstream } from "../support/with-upstream.ts";

const routes = 500;

/** Requirement: `/metrics` with 10,000 series answers in under 50 ms and does not affect the data plane's p99. */
export const metrics: Scenario = {
  what: "scraping 10,000 series, four times a second, under load",
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const gateway = await startGateway(configWith(upstreamPort, routes), directory, "/r0/items");
      const load = { url: gateway.url, seconds, connections: 8, requests: routeRequests(routes), directory };
      try {
        await runWrk({ ...load, seconds: 2 });
        const { series, ms } = await scrape(gateway.url);
        const quiet = await runWrk(load);
        const timer = setInterval(() => void scrape(gateway.url), 250);
        const scraped = await runWrk(load);
        clearInterval(timer);
        return [
          { what: "series", value: series, unit: "", atLeast: 10_000 },
          { what: "one scrape of an idle gateway", value: ms, unit: "ms", atMost: 50 },
          { what: "p99 without scrapes", value: quiet.p99Ms, unit: "ms" },
          { what: "p99 with scrapes", value: scraped.p99Ms, unit: "ms" },
          { what: "ratio", value: scraped.p99Ms / quiet.p99Ms, unit: "x", atMost: 1.5 },
        ];
      } finally {
        await gateway.stop();
      }
    }),
};

async function scrape(url: string): Promise<{ series: number; ms: number }> {
  const startedAt = performance.now();
  const text = await (await fetch(`${url}/metrics`)).text();
  const ms = performance.now() - startedAt;
  return { series: text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length, ms };
}
