import { describe, expect, test } from "bun:test";
import { checkMetrics, promtool, waitUntil } from "@libs/testing";
import { startHeldUpstream } from "../support/upstreams/start-upstream.ts";
import { serviceAt } from "../support/start-gateway.ts";
import { type KeepAliveClient, openKeepAliveClient } from "./keep-alive-client.ts";
import { clientPortsOf, isAlive, isListening } from "./process-tree.ts";
import { type RunningWorkers, startWorkers, valueOf } from "./start-workers.ts";

const greeting = (body: string) => ({
  routes: [{ id: "hi", match: { path: "/hi" }, policies: [{ type: "respond", status: 200, body }] }],
});
const requests = 'cartway_gateway_requests_total{route="hi",service="none",status="200"}';
const timeoutMs = 90_000;

/** Each on a connection of its own. */
function askOften({ url }: RunningWorkers, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => await (await fetch(`${url}/hi`, { keepalive: false })).text()),
  );
}

function toService(upstream: { readonly url: string }) {
  return {
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "api", match: { path: "/*" }, service: "api" }],
  };
}

describe.skipIf(process.platform !== "linux")("a gateway of several workers", () => {
  test(
    "spreads two hundred connections over its workers, and reports the sum of their metrics on any of them",
    async () => {
      await using workers = await startWorkers({ config: greeting("hello"), workers: 3 });
      expect(new Set(await askOften(workers, 200))).toEqual(new Set(["hello"]));
      const answer = await workers.admin("/routes?worker=all");
      const { workers: each } = (await answer.json()) as {
        workers: { body: { routes: { policies: { counts: { answered: number } }[] }[] } }[];
      };
      const shares = each.map(({ body }) => body.routes[0]?.policies[0]?.counts.answered ?? 0);
      expect(shares).toHaveLength(3);
      expect(Math.min(...shares)).toBeGreaterThan(0);
      expect(shares.reduce((sum, share) => sum + share)).toBe(200);
      for (let scrape = 0; scrape < 6; scrape += 1) {
        const metrics = await (await fetch(`${workers.url}/metrics`, { keepalive: false })).text();
        expect(valueOf(metrics, requests)).toBe(200);
        expect(valueOf(metrics, "cartway_workers_up")).toBe(3);
      }
    },
    timeoutMs,
  );

  test.skipIf(promtool === null)(
    "has metrics that promtool accepts (install prometheus to run it)",
    async () => {
      await using workers = await startWorkers({ config: greeting("hello") });
      await askOften(workers, 10);
      const text = await (await fetch(`${workers.url}/metrics`)).text();
      expect(text).toContain('cartway_process_open_fds{worker="supervisor"}');
      expect(await checkMetrics(text)).toEqual([]);
    },
    timeoutMs,
  );

  test(
    "loses only the connections of a killed worker, and replaces it",
    async () => {
      await using workers = await startWorkers({ config: greeting("hello") });
      const clients: KeepAliveClient[] = [];
      for (let count = 0; count < 40; count += 1)
        clients.push(await openKeepAliveClient(workers.port, "/hi"));
      await waitUntil(() => clients.every((client) => client.answered() > 10));
      const victim = workers.pids().get(2) ?? 0;
      const own = clientPortsOf(victim, workers.port);
      const before = valueOf(await (await workers.admin("/metrics")).text(), requests);
      process.kill(victim, "SIGKILL");
      await waitUntil(() => clients.filter((client) => client.isBroken()).length >= own.size);
      await waitUntil(() => workers.pids().get(2) !== victim && workers.pids().size === 2, {
        timeoutMs: 60_000,
      });
      await workers.allUp();
      const mark = clients.map((client) => client.answered());
      const isGoingOn = (client: KeepAliveClient, index: number) =>
        own.has(client.localPort) || client.answered() > (mark[index] ?? 0) + 10;
      await waitUntil(() => clients.every(isGoingOn));
      const broken = clients.filter((client) => client.isBroken()).map(({ localPort }) => localPort);
      expect(new Set(broken)).toEqual(new Set(own));
      await Promise.all(clients.map((client) => client.stop()));
      expect(new Set(await askOften(workers, 100))).toEqual(new Set(["hello"]));
      const after = await (await fetch(`${workers.url}/metrics`)).text();
      expect(valueOf(after, requests)).toBeGreaterThanOrEqual(before + 100);
      expect(valueOf(after, 'cartway_worker_exits_total{reason="killed"}')).toBe(1);
    },
    timeoutMs,
  );

  test(
    "answers every request in flight when it is told to stop, and exits with 0",
    async () => {
      await using upstream = startHeldUpstream("late");
      await using workers = await startWorkers({ config: toService(upstream) });
      const answers = Array.from({ length: 40 }, () => fetch(`${workers.url}/slow`, { keepalive: false }));
      await upstream.seen.atLeast(40);
      workers.process.kill("SIGTERM");
      for (const number of [1, 2])
        await workers.process.lines.find(
          (line) => line.includes(`"worker":${number}`) && line.includes('"draining"'),
        );
      upstream.release();
      const texts = await Promise.all(answers.map(async (answer) => await (await answer).text()));
      expect(texts).toEqual(Array.from({ length: 40 }, () => "late"));
      expect(await workers.process.exited).toBe(0);
    },
    timeoutMs,
  );

  test(
    "drains and exits when its supervisor is killed",
    async () => {
      await using upstream = startHeldUpstream("late");
      await using workers = await startWorkers({ config: toService(upstream) });
      const pids = [...workers.pids().values()];
      const answers = Array.from({ length: 20 }, () => fetch(`${workers.url}/slow`, { keepalive: false }));
      await upstream.seen.atLeast(20);
      workers.process.kill("SIGKILL");
      await waitUntil(() => !isListening(workers.port), { what: "nobody to listen" });
      expect(pids.map(isAlive)).toEqual([true, true]);
      upstream.release();
      const texts = await Promise.all(answers.map(async (answer) => await (await answer).text()));
      expect(texts).toEqual(Array.from({ length: 20 }, () => "late"));
      await waitUntil(() => !pids.some(isAlive), { what: "the workers to end" });
    },
    timeoutMs,
  );
});
