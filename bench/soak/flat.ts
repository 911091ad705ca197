import { routeRequests } from "../gateway/peer.ts";
import { processUsage } from "../gateway/process-usage.ts";
import type { RunningProcess } from "../gateway/run-process.ts";
import { runWrk } from "../gateway/wrk.ts";
import { startHaproxy } from "./haproxy-targets.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { configWith, startGateway } from "./start-gateway.ts";
import { withUpstream } from "./with-upstream.ts";

const rounds = 5;

/**
 * 10,000 routes and 1,000 targets shall cost within 10 % of 10 and 3. A thousand targets are a thousand sockets that nobody has
 * in a cache when their turn comes, the kernel neither: what HAProxy pays for them on the same machine stands beside it.
 */
export const flat: Scenario = {
  what: "10,000 routes beside 10, and 1,000 targets beside 3: CPU per request, best of alternating rounds",
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const load = { connections: 32, requests: routeRequests(10), directory };
      const cost = async (server: RunningProcess & { readonly url: string }): Promise<number> => {
        try {
          await runWrk({ ...load, url: server.url, seconds: 2 });
          const before = processUsage(server.pid).cpuSeconds;
          const measured = { ...load, url: server.url, seconds: Math.max(2, seconds / 3) };
          const { requests, errors } = await runWrk(measured);
          if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
          return ((processUsage(server.pid).cpuSeconds - before) * 1e6) / requests;
        } finally {
          await server.stop();
        }
      };
      const gateway = async (routes: number, targets: number): Promise<number> => {
        const services = { upstream: serviceOf(targetUrls(upstreamPort, targets)) };
        const config = { ...configWith(upstreamPort, routes), services };
        return await cost(await startGateway(config, directory, "/r0/items"));
      };
      const haproxy = async (targets: number): Promise<number> =>
        await cost(await startHaproxy(targetUrls(upstreamPort, targets), directory));
      const hasHaproxy = Bun.which("haproxy") !== null;
      const least = new Least();
      for (let round = 0; round < rounds; round += 1) {
        least.note("few", await gateway(10, 3));
        least.note("routes", await gateway(10_000, 3));
        least.note("targets", await gateway(10, 1000));
        if (!hasHaproxy) continue;
        least.note("haproxy few", await haproxy(3));
        least.note("haproxy targets", await haproxy(1000));
      }
      const few = least.of("few");
      const figures: Figure[] = [
        { what: "10 routes, 3 targets", value: few, unit: "us" },
        { what: "10,000 routes", value: least.of("routes") / few, unit: "x", atMost: 1.1 },
        { what: "1,000 targets", value: least.of("targets") / few, unit: "x", atMost: 1.1 },
      ];
      if (hasHaproxy) {
        const [manyCost, fewCost] = [least.of("haproxy targets"), least.of("haproxy few")];
        figures.push(
          { what: "1,000 targets, HAProxy", value: manyCost / fewCost, unit: "x" },
          {
            what: "1,000 targets, without what HAProxy pays for them",
            value: (least.of("targets") - manyCost + fewCost) / few,
            unit: "x",
          },
        );
      }
      return figures;
    }),
};

/** The least of what each was measured to cost: what disturbs a measurement only adds to it. */
class Least {
  readonly #values = new Map<string, number>();

  note(name: string, value: number): void {
    this.#values.set(name, Math.min(this.#values.get(name) ?? Number.POSITIVE_INFINITY, value));
  }

  of(name: string): number {
    return this.#values.get(name) ?? Number.NaN;
  }
}

/** The same upstream under many names: every address of 127.0.0.0/8 is this machine. */
function targetUrls(port: number, targets: number): readonly string[] {
  const urls = Array.from(
    { length: targets },
    (_, index) => `http://127.0.${index >> 8}.${index & 255 || 1}:${port}`,
  );
  return [...new Set(urls)];
}

function serviceOf(urls: readonly string[]): object {
  return { discovery: { type: "static", targets: urls.map((url) => ({ url })) } };
}
