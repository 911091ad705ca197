import { median } from "@libs/measuring";
import { routeRequests } from "../../gateway/peer.ts";
import { runWrk } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, startGateway } from "../support/start-gateway.ts";
import { withUpstream } from "../support/with-upstream.ts";

const routes = 500;

/** Turns with and without scrapes, one after the other: other load on the machine then affects both alike. */
const turns = 9;

/** Requirement: `/metrics` with 10,000 series answers in under 50 ms and does not affect the data plane's p99. */
export const metrics: Scenario = {
  what: "scraping 10,000 series, four times a second, under load",
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const gateway = await startGateway(configWith(upstreamPort, routes), directory, "/r0/items");
      const requests = routeRequests(routes);
      const turn = { url: gateway.url, seconds: Math.max(1, Math.round(seconds / 5)), connections: 8 };
      const load = () => runWrk({ ...turn, requests, directory });
      try {
        await load();
        const idle: Scrape[] = [];
        for (let count = 0; count < turns; count += 1) idle.push(await scrape(gateway.url));
        const [quiet, scraped]: [number[], number[]] = [[], []];
        for (let count = 0; count < turns; count += 1) {
          quiet.push((await load()).p99Ms);
          const timer = setInterval(() => void scrape(gateway.url), 250);
          scraped.push((await load()).p99Ms);
          clearInterval(timer);
        }
        const ratios = scraped.map((p99, index) => p99 / (quiet[index] ?? Number.NaN));
        return [
          { what: "series", value: countSeries(idle[0]?.text ?? ""), unit: "", atLeast: 10_000 },
          {
            what: "one scrape of an idle gateway",
            value: median(idle.map(({ ms }) => ms)),
            unit: "ms",
            atMost: 50,
          },
          { what: "p99 without scrapes", value: median(quiet), unit: "ms" },
          { what: "p99 with scrapes", value: median(scraped), unit: "ms" },
          { what: "ratio", value: median(ratios), unit: "x", atMost: 1.5 },
        ];
      } finally {
        await gateway.stop();
      }
    }),
};

interface Scrape {
  readonly text: string;
  readonly ms: number;
}

async function scrape(url: string): Promise<Scrape> {
  const startedAt = performance.now();
  const text = await (await fetch(`${url}/metrics`)).text();
  return { text, ms: performance.now() - startedAt };
}

function countSeries(text: string): number {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}
