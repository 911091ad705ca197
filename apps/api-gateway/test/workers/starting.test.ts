import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { isAlive, workersOf } from "./process-tree.ts";
import { spawnWorkers, startWorkers } from "./start-workers.ts";

const timeoutMs = 90_000;
const answering = {
  routes: [{ id: "hi", match: { path: "/hi" }, policies: [{ type: "respond", status: 200, body: "hello" }] }],
};
const limit = { type: "rate-limit", by: ["ip"], limit: 10, windowMs: 1000 };

/** Everything that a gateway which does not start has written, and how it ended. */
async function failedStart(options: Parameters<typeof spawnWorkers>[0]) {
  await using starting = await spawnWorkers(options);
  const code = await starting.process.exited;
  return { code, said: [...starting.process.lines.all, ...starting.process.errors.all].join("\n") };
}

const timesIn = (text: string, part: string): number => text.split(part).length - 1;

describe.skipIf(process.platform !== "linux")("a gateway of several workers does not start", () => {
  test(
    "with limits that each worker would count separately, reported once with path and remedy",
    async () => {
      const route = { id: "a", match: { path: "/a" }, policies: [limit, { type: "respond", status: 200 }] };
      const { code, said } = await failedStart({ config: { routes: [route] }, workers: 3 });
      expect(code).toBe(1);
      expect(timesIn(said, "/routes/0/policies/0/store")).toBe(1);
      expect(said).toMatch(/gateway\.json:\d+:\d+: .*allow the full limit\. Set `store: redis`/);
    },
    timeoutMs,
  );

  test(
    "with a hub whose messages would not reach all workers, reported once",
    async () => {
      const config = { hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] } };
      const { code, said } = await failedStart({ config });
      expect([code, timesIn(said, "Set REDIS_URL, or --workers 1")]).toEqual([1, 1]);
    },
    timeoutMs,
  );

  test(
    "on a port in use, reported once",
    async () => {
      const stranger = createServer().listen(0, "127.0.0.1");
      await once(stranger, "listening");
      const address = stranger.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const { code, said } = await failedStart({ config: answering, port, workers: 3 });
      stranger.close();
      expect([code, timesIn(said, `port ${port} of 127.0.0.1 is taken by another process`)]).toEqual([1, 1]);
    },
    timeoutMs,
  );

  test(
    "on the port of another such gateway, which would share it",
    async () => {
      await using first = await startWorkers({ config: answering });
      const { code, said } = await failedStart({ config: answering, port: first.port });
      expect([code, timesIn(said, `port ${first.port} of 127.0.0.1 is taken`)]).toEqual([1, 1]);
      expect(await (await fetch(`${first.url}/hi`)).text()).toBe("hello");
    },
    timeoutMs,
  );

  test("with an invalid number of workers", async () => {
    await using starting = await spawnWorkers({ config: answering, env: { WORKERS: "1" }, workers: 0 });
    expect(await starting.process.exited).toBe(1);
    expect(starting.process.errors.all.join("\n")).toContain(
      "is a whole number from 1 to 128, or auto, and not 0",
    );
  }, 30_000);
});

describe.skipIf(process.platform !== "linux")("a gateway of several workers", () => {
  test(
    "stops at once with all workers on a later signal",
    async () => {
      await using workers = await startWorkers({
        config: answering,
        env: { DRAIN_NOTICE_MS: "60000" },
      });
      const pids = [...workers.pids().values()];
      workers.process.kill("SIGTERM");
      for (const number of [1, 2])
        await workers.process.lines.find(
          (line) => line.includes(`"worker":${number}`) && line.includes('"stopping"'),
        );
      const again = setInterval(() => workers.process.kill("SIGTERM"), 100);
      expect(await workers.process.exited).toBe(143);
      clearInterval(again);
      await waitUntil(() => !pids.some(isAlive), { what: "no worker to be left" });
    },
    timeoutMs,
  );

  test(
    "stops cleanly when every process is signalled, as systemd does",
    async () => {
      await using workers = await startWorkers({ config: answering });
      const pids = [...workers.pids().values()];
      for (const pid of [...pids, workers.process.pid]) process.kill(pid, "SIGTERM");
      expect(await workers.process.exited).toBe(0);
      expect(pids.some(isAlive)).toBe(false);
    },
    timeoutMs,
  );

  test(
    "leaves no process behind if it is killed while starting",
    async () => {
      await using starting = await spawnWorkers({ config: answering });
      await waitUntil(() => workersOf(starting.process.pid).size === 1, { timeoutMs: 30_000 });
      const [worker = 0] = workersOf(starting.process.pid).values();
      starting.process.kill("SIGKILL");
      await waitUntil(() => !isAlive(worker), { what: "the worker to end", timeoutMs: 30_000 });
    },
    timeoutMs,
  );

  test(
    "starts no further process for one worker",
    async () => {
      await using starting = await spawnWorkers({ config: { ...answering }, workers: 1 });
      await starting.process.lines.find((line) => line.includes('"api-gateway listens"'), {
        timeoutMs: 30_000,
      });
      expect(workersOf(starting.process.pid).size).toBe(0);
      starting.process.kill("SIGTERM");
      expect(await starting.process.exited).toBe(0);
      expect(starting.process.lines.all.join("\n")).not.toContain('"worker"');
    },
    timeoutMs,
  );
});
