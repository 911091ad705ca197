import { expect, test } from "bun:test";
import { createMetrics } from "@libs/monitoring";
import { createChannelPair } from "../../test/workers/channel-pair.ts";
import { checkedConfig, startGateway } from "../../test/support/start-gateway.ts";
import { Link, type Tasks } from "./link.ts";
import type { SupervisorTasks, WorkerTasks } from "./protocol.ts";
import { relayedServer } from "./relayed-request.ts";
import { SupervisedWorker } from "./supervised-worker.ts";

/** A worker whose supervisor is the test. */
function startWorker(tasks: Partial<Tasks<SupervisorTasks>> = {}) {
  const pair = createChannelPair();
  const told: string[] = [];
  const note = (what: string): null => {
    told.push(what);
    return null;
  };
  const supervisor = new Link<SupervisorTasks, WorkerTasks>(pair.supervisor, {
    config: () => null,
    runs: () => note("runs"),
    up: ({ url }) => note(`up ${url}`),
    drained: ({ metrics }) => note(`drained ${metrics.includes("cartway_build_info")}`),
    metrics: () => "of all",
    ...tasks,
  });
  const worker = new SupervisedWorker({ number: 3, port: 0, portSharing: "joined" }, pair.worker);
  return { pair, supervisor, worker, told };
}

const ownMetrics = () => createMetrics({ service: "api-gateway", processMetrics: false });

test("a worker listens where its supervisor says, and reports that it is alive from the start", async () => {
  const { supervisor, worker } = startWorker();
  expect([worker.number, worker.listen]).toEqual([3, { port: 0, portSharing: "joined" }]);
  expect(await supervisor.ask("ping", null, 5000)).toBeNull();
});

test("while starting it has neither metrics nor a config to change, and says so", async () => {
  const { supervisor } = startWorker();
  await expect(supervisor.ask("metrics", null, 5000)).rejects.toThrow("the worker is starting");
  await expect(supervisor.ask("reload", { reason: "a test" }, 5000)).rejects.toThrow(
    "the worker is starting",
  );
});

test("it reports its config before it listens, and its counters at the end", async () => {
  const { worker, told } = startWorker();
  worker.shareMetrics(ownMetrics());
  await using running = await startGateway({});
  const app = worker.attach(running.gateway, checkedConfig({}));
  await app.start();
  expect([app.name, app.address]).toEqual(["api-gateway", running.gateway.address]);
  const server = relayedServer({ method: "GET", url: "", headers: [], body: null, peer: null });
  const answer = await app.fetch(
    new Request("http://localhost/healthz", { headers: { host: "localhost" } }),
    server,
  );
  expect(answer?.status).toBe(200);
  await app.stop();
  await Promise.resolve();
  expect(told).toEqual(["runs", `up ${running.url}`, "drained true"]);
});

test("metrics requests are answered for all workers, or with none if the supervisor does not respond", async () => {
  const shared = startWorker();
  const ofAll = shared.worker.shareMetrics(ownMetrics());
  expect(await ofAll.render()).toBe("of all");
  expect(await new Response(await ofAll.stream()).text()).toBe("of all");
  const alone = startWorker({ metrics: () => Promise.reject(new Error("busy")) });
  await expect(alone.worker.shareMetrics(ownMetrics()).render()).rejects.toMatchObject({
    code: "worker_unavailable",
  });
});

test("it stops once, on request or when its supervisor has ended", async () => {
  const { supervisor, worker, pair } = startWorker();
  let ends = 0;
  worker.ended.addEventListener("abort", () => (ends += 1));
  expect(await supervisor.ask("stop", null, 5000)).toBeNull();
  expect(worker.ended.aborted).toBe(true);
  pair.close();
  expect(ends).toBe(1);
});

test("a gateway without an admin port answers no admin requests", async () => {
  const { supervisor, worker } = startWorker();
  await using running = await startGateway({});
  worker.attach(running.gateway, checkedConfig({}));
  const request = {
    method: "GET",
    url: "http://localhost/config",
    headers: [],
    body: null,
    peer: null,
  } as const;
  await expect(supervisor.ask("admin", request, 5000)).rejects.toThrow("the worker has no admin port");
});
