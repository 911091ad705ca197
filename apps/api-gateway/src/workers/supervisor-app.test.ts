import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { type WorkerGateways, startWorkerGateways } from "../../test/workers/worker-gateways.ts";
import { valueOf } from "../../test/workers/start-workers.ts";

const config = {
  routes: [{ id: "hi", match: { path: "/hi" }, policies: [{ type: "respond", status: 200, body: "hello" }] }],
};
/** Without Redis no worker starts with it. */
const limitInRedis = {
  type: "rate-limit",
  by: ["ip"],
  limit: 1,
  windowMs: 1,
  store: "redis",
  onStoreError: "deny",
};
const requests = 'cartway_gateway_requests_total{route="hi",service="none",status="200"}';

/** Calls the admin port with its token. */
async function ask({ adminUrl, token }: WorkerGateways, path: string, init: RequestInit = {}) {
  const answer = await fetch(`${adminUrl}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  return {
    status: answer.status,
    worker: answer.headers.get("x-cartway-worker"),
    body: isJson ? JSON.parse(text) : text,
  };
}

async function serve({ url }: WorkerGateways, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => fetch(`${url}/hi`, { keepalive: false })));
}

describe("the metrics of several workers", () => {
  test("are the same sum on the shared port and the admin port, and never fall when a worker dies", async () => {
    await using all = await startWorkerGateways({ config });
    await serve(all, 60);
    const read = async () => valueOf(await (await fetch(`${all.url}/metrics`)).text(), requests);
    expect(await read()).toBe(60);
    expect(valueOf((await ask(all, "/metrics")).body, requests)).toBe(60);
    await all.running.get(2)?.die();
    await waitUntil(() => all.log.text().includes("a worker was replaced"));
    await serve(all, 10);
    expect(await read()).toBe(70);
  });
});

describe("the admin port of several workers", () => {
  test("answers shared state from any worker, and names it", async () => {
    await using all = await startWorkerGateways({ config });
    expect(await ask(all, "/config")).toMatchObject({
      status: 200,
      worker: "1",
      body: { config: { version: 1 } },
    });
    expect(await ask(all, "/config?worker=2")).toMatchObject({ status: 200, worker: "2" });
    const explained = await ask(all, "/explain?method=GET&url=/hi");
    expect(explained).toMatchObject({ status: 200, worker: "1" });
  });

  test("answers own state with every worker's", async () => {
    await using all = await startWorkerGateways({ config });
    expect(await ask(all, "/services")).toMatchObject({
      status: 200,
      worker: null,
      body: {
        workers: [
          { worker: 1, status: 200, body: { services: [] } },
          { worker: 2, status: 200, body: { services: [] } },
        ],
      },
    });
    expect(await ask(all, "/services?worker=2")).toMatchObject({ worker: "2", body: { services: [] } });
    const texts = (await ask(all, "/metrics?worker=all")).body as { workers: { body: string }[] };
    expect(texts.workers.map(({ body }) => valueOf(body, "cartway_workers_up"))).toEqual([2, 2]);
  });

  test("reloads every worker, and reports each result", async () => {
    await using all = await startWorkerGateways({ config, workers: 3 });
    const answer = await ask(all, "/config/reload", { method: "POST" });
    expect(answer.status).toBe(200);
    expect((answer.body as { workers: unknown[] }).workers).toMatchObject(
      [1, 2, 3].map((worker) => ({ worker, status: 200, body: { outcome: "applied" } })),
    );
    await all.app.reload("SIGHUP");
    const told = all.log.lines.find(({ message }) => message === "the workers were asked to reload");
    expect(told).toMatchObject({ reason: "SIGHUP", outcomes: [{ worker: 1 }, { worker: 2 }, { worker: 3 }] });
  });

  test("admits only callers that a worker would admit", async () => {
    await using all = await startWorkerGateways({ config });
    for (const path of ["/config", "/services", "/services?worker=all"]) {
      const refused = await fetch(`${all.adminUrl}${path}`);
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    }
    const elsewhere = await fetch(`${all.adminUrl}/config`, {
      headers: { authorization: `Bearer ${all.token}`, origin: "https://attacker.test" },
    });
    expect(elsewhere.status).toBe(403);
    const line = all.log.lines.find(({ security }) => security === "admin_refused");
    expect(line).toMatchObject({ worker: 1, clientIp: "127.0.0.1" });
  });

  test("bounds request bodies, and answers in the one envelope", async () => {
    await using all = await startWorkerGateways({ config });
    const valid = await ask(all, "/config/validate", { method: "POST", body: "version: 1\nroutes: []\n" });
    expect(valid).toMatchObject({ status: 200, worker: "1", body: { isValid: true } });
    const nobody = await ask(all, "/services?worker=7");
    expect([nobody.status, nobody.body.error.code]).toEqual([503, "worker_unavailable"]);
    const none = await ask(all, "/services?worker=seven");
    expect([none.status, none.body.error.code]).toEqual([400, "bad_request"]);
    const absent = await ask(all, "/nothing-here");
    expect([absent.status, absent.body.error.code]).toEqual([404, "not_found"]);
    expect((await ask(all, "/nothing-here?worker=all")).status).toBe(404);
  });

  test("keeps answering while a worker dies, and reports if none is left", async () => {
    await using all = await startWorkerGateways({ config });
    const asked = Promise.all(Array.from({ length: 20 }, () => ask(all, "/config")));
    await all.running.get(1)?.die();
    expect(new Set((await asked).map(({ status }) => status))).toEqual(new Set([200]));
    expect((await ask(all, "/healthz")).status).toBe(200);
    await waitUntil(() => all.running.size === 2);
    await Promise.all([...all.running.values()].map(({ die }) => die()));
    const answers = [await ask(all, "/config"), await ask(all, "/services")];
    for (const { status } of answers) expect([200, 503]).toContain(status);
    await waitUntil(async () => (await ask(all, "/config")).status === 200);
  });
});

test("a supervisor whose workers cannot start closes the admin port", async () => {
  const failing = startWorkerGateways({
    config: {
      routes: [
        { id: "a", match: { path: "/a" }, policies: [limitInRedis, { type: "respond", status: 200 }] },
      ],
    },
  });
  await expect(failing).rejects.toThrow();
});

test("the supervisor reports how many workers listen and where, and serves no traffic itself", async () => {
  await using all = await startWorkerGateways({ config, workers: 3 });
  const line = all.log.lines.find(({ message }) => message === "the workers are listening");
  expect(line).toMatchObject({ workers: 3, url: all.url, admin: all.adminUrl });
  expect(() => all.app.fetch(new Request(all.url), {} as never)).toThrow("serves no requests");
});
