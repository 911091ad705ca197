import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { serviceAt } from "../support/start-gateway.ts";
import { startHeldUpstream } from "../support/upstreams/start-upstream.ts";
import { type RunningWorkers, startWorkers, valueOf } from "./start-workers.ts";

const timeoutMs = 90_000;
const answering = (body: string) => ({
  routes: [{ id: "hi", match: { path: "/hi" }, policies: [{ type: "respond", status: 200, body }] }],
});
const requests = 'cartway_gateway_requests_total{route="hi",service="none",status="200"}';

const write = ({ configFile }: RunningWorkers, config: object): Promise<number> =>
  Bun.write(configFile, JSON.stringify({ version: 1, ...config }));

/** What thirty connections of their own are answered. */
async function answers({ url }: RunningWorkers): Promise<Set<string>> {
  const asked = Array.from(
    { length: 30 },
    async () => await (await fetch(`${url}/hi`, { keepalive: false })).text(),
  );
  return new Set(await Promise.all(asked));
}

const hashesOf = (metrics: string): number => metrics.match(/^cartway_config_info\{/gm)?.length ?? 0;

describe.skipIf(process.platform !== "linux")("several workers and their config", () => {
  test(
    "all pick up a changed file, SIGHUP and a reload by the admin port, and run the same config",
    async () => {
      await using workers = await startWorkers({ config: answering("one") });
      await write(workers, answering("two"));
      await waitUntil(async () => [...(await answers(workers))].join() === "two");
      workers.process.kill("SIGHUP");
      const line = await workers.process.lines.find((text) =>
        text.includes("the workers were asked to reload"),
      );
      expect((JSON.parse(line) as { outcomes: object[] }).outcomes).toMatchObject([
        { worker: 1, result: { outcome: "applied" } },
        { worker: 2, result: { outcome: "applied" } },
      ]);
      const reload = await workers.admin("/config/reload", { method: "POST" });
      expect([reload.status, (await reload.json()) as object]).toMatchObject([
        200,
        {
          workers: [
            { worker: 1, body: { outcome: "applied" } },
            { worker: 2, body: { outcome: "applied" } },
          ],
        },
      ]);
      expect(hashesOf(await (await workers.admin("/metrics")).text())).toBe(1);
    },
    timeoutMs,
  );

  test(
    "a reload to a config that several workers cannot run is refused by each, and changes nothing",
    async () => {
      await using workers = await startWorkers({ config: answering("one") });
      const limit = { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 1000 };
      const respond = { type: "respond", status: 200, body: "limited" };
      await write(workers, { routes: [{ id: "hi", match: { path: "/hi" }, policies: [limit, respond] }] });
      const reload = await workers.admin("/config/reload", { method: "POST" });
      const { workers: each } = (await reload.json()) as { workers: { status: number; body: object }[] };
      expect([reload.status, each.map(({ status }) => status)]).toEqual([422, [422, 422]]);
      expect(JSON.stringify(each[1]?.body)).toContain("/routes/0/policies/0/store");
      expect(await answers(workers)).toEqual(new Set(["one"]));
    },
    timeoutMs,
  );

  test(
    "a replacement worker runs the others' config, even if the file is broken by then",
    async () => {
      await using workers = await startWorkers({ config: answering("one") });
      await Bun.write(workers.configFile, "{ broken");
      await waitUntil(async () =>
        (await (await workers.admin("/metrics")).text()).includes(
          "\ncartway_config_last_reload_successful 0\n",
        ),
      );
      const victim = workers.pids().get(1) ?? 0;
      process.kill(victim, "SIGKILL");
      await waitUntil(() => workers.pids().get(1) !== victim && workers.pids().size === 2, {
        timeoutMs: 60_000,
      });
      await workers.allUp();
      expect(await answers(workers)).toEqual(new Set(["one"]));
      expect(hashesOf(await (await workers.admin("/metrics")).text())).toBe(1);
    },
    timeoutMs,
  );
});

describe.skipIf(process.platform !== "linux")("a worker that is told to stop", () => {
  test(
    "answers its requests, and is replaced",
    async () => {
      await using upstream = startHeldUpstream("late");
      await using workers = await startWorkers({
        config: {
          services: { api: serviceAt(upstream.url) },
          routes: [{ id: "api", match: { path: "/*" }, service: "api" }],
        },
      });
      const asked = Array.from({ length: 20 }, () => fetch(`${workers.url}/slow`, { keepalive: false }));
      await upstream.seen.atLeast(20);
      const leaving = workers.pids().get(1) ?? 0;
      process.kill(leaving, "SIGTERM");
      await workers.process.lines.find((line) => line.includes('"worker":1') && line.includes('"draining"'));
      upstream.release();
      const texts = await Promise.all(asked.map(async (answer) => await (await answer).text()));
      expect(new Set(texts)).toEqual(new Set(["late"]));
      await waitUntil(() => workers.pids().get(1) !== leaving && workers.pids().size === 2, {
        timeoutMs: 60_000,
      });
      await workers.allUp();
      const metrics = await (await workers.admin("/metrics")).text();
      expect(valueOf(metrics, 'cartway_worker_exits_total{reason="exited"}')).toBe(1);
      expect(valueOf(metrics, 'cartway_gateway_requests_total{route="api",service="api",status="200"}')).toBe(
        20,
      );
    },
    timeoutMs,
  );
});

describe.skipIf(process.platform !== "linux")("a worker that hangs", () => {
  test(
    "blocks neither the metrics, which keep its last values, nor the admin port",
    async () => {
      await using workers = await startWorkers({ config: answering("one") });
      await answers(workers);
      expect(valueOf(await (await workers.admin("/metrics")).text(), requests)).toBe(30);
      const still = workers.pids().get(2) ?? 0;
      process.kill(still, "SIGSTOP");
      const metrics = await (await workers.admin("/metrics?worker=1")).text();
      expect(valueOf(metrics, requests)).toBe(30);
      expect((await workers.admin("/config")).status).toBe(200);
      const again = await (await workers.admin("/metrics?worker=1")).text();
      expect(valueOf(again, 'cartway_worker_metrics_late_total{worker="2"}')).toBeGreaterThan(0);
      process.kill(still, "SIGCONT");
    },
    timeoutMs,
  );

  test(
    "is killed and replaced",
    async () => {
      await using workers = await startWorkers({ config: answering("one") });
      const still = workers.pids().get(1) ?? 0;
      process.kill(still, "SIGSTOP");
      await workers.process.lines.find((line) => line.includes("a worker does not respond and is killed"), {
        timeoutMs: 60_000,
      });
      await waitUntil(() => workers.pids().get(1) !== still && workers.pids().size === 2, {
        timeoutMs: 60_000,
      });
      await workers.allUp();
      expect(await answers(workers)).toEqual(new Set(["one"]));
    },
    timeoutMs,
  );
});
