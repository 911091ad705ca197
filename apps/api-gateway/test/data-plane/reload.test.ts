import { describe, expect, test } from "bun:test";
import { createTemporaryDirectory, waitUntil } from "@libs/testing";
import { spawnGateway } from "../limits/spawn-gateway.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

const responding = (body: string) => ({
  routes: [{ id: "all", match: { path: "/*" }, policies: [{ type: "respond", body }] }],
});

const proxying = (url: string, more: object = {}) => ({
  services: { api: serviceAt(url, more) },
  routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
});

const ofEach = [
  { type: "cors", origins: ["https://a.test"] },
  { type: "security-headers" },
  { type: "respond", body: "new" },
];
const large = {
  routes: Array.from({ length: 2000 }, (_, index) => ({
    id: `r${index}`,
    match: { path: `/r${index}/*` },
    policies: ofEach,
  })),
};

describe("a reload", () => {
  test("applies to every request that begins after it", async () => {
    await using gateway = await startGateway(responding("one"));
    expect(await (await fetch(gateway.url)).text()).toBe("one");
    await gateway.gateway.reload(checkedConfig(responding("two")));
    expect(await (await fetch(gateway.url)).text()).toBe("two");
  });

  test("affects no request in flight: each ends on the config it began with", async () => {
    await using upstream = startHeldUpstream("old");
    await using gateway = await startGateway(proxying(upstream.url));
    const inFlight = Array.from({ length: 20 }, () => fetch(gateway.url));
    await upstream.seen.atLeast(20);
    await gateway.gateway.reload(checkedConfig(responding("new")));
    expect(await (await fetch(gateway.url)).text()).toBe("new");
    upstream.release();
    const answers = await Promise.all(inFlight.map(async (answer) => (await answer).text()));
    expect(new Set(answers)).toEqual(new Set(["old"]));
  });

  test("under load answers every request, by the old config or the new one", async () => {
    await using gateway = await startGateway(responding("0"));
    const load = { isOver: false };
    const answers = new Set<string>();
    const asking = Array.from({ length: 4 }, async () => {
      while (!load.isOver) {
        const response = await fetch(gateway.url);
        answers.add(`${response.status} ${await response.text()}`);
      }
    });
    for (const number of [1, 2, 3, 4, 5]) {
      await gateway.gateway.reload(checkedConfig(responding(String(number))));
      await waitUntil(() => answers.has(`200 ${number}`), { what: `an answer of config ${number}` });
    }
    load.isOver = true;
    await Promise.all(asking);
    expect([...answers].filter((answer) => !/^200 [0-5]$/.test(answer))).toEqual([]);
  });

  test("to a large config blocks no request while compiling, and swaps atomically", async () => {
    await using gateway = await startGateway(responding("old"));
    const happened: string[] = [];
    const reloading = gateway.gateway.reload(checkedConfig(large)).then(() => happened.push("in force"));
    const answer = await (await fetch(gateway.url)).text();
    happened.push(`answered by the ${answer} one`);
    await reloading;
    expect(happened).toEqual(["answered by the old one", "in force"]);
    expect(await (await fetch(`${gateway.url}/r1999/a`)).text()).toBe("new");
  });

  test("requested during another one runs after it, completely", async () => {
    await using gateway = await startGateway(responding("0"));
    await Promise.all(["1", "2", "3"].map((body) => gateway.gateway.reload(checkedConfig(responding(body)))));
    expect(await (await fetch(gateway.url)).text()).toBe("3");
    expect(await gateway.metrics.render()).toContain('cartway_config_reloads_total{outcome="applied"} 3');
  });

  test("ends the health checks of the previous config", async () => {
    const health = { path: "/well", intervalMs: 10 };
    await using before = startUpstream();
    await using after = startUpstream();
    await using gateway = await startGateway(proxying(before.url, { health }));
    await before.seen.atLeast(2);
    await gateway.gateway.reload(checkedConfig(proxying(after.url, { health })));
    await after.seen.atLeast(1);
    const asked = before.seen.all.length;
    await after.seen.atLeast(5);
    expect(before.seen.all.length).toBeLessThanOrEqual(asked + 1);
  });

  test("sends nothing to targets with failing health checks until they pass", async () => {
    await using well = startUpstream();
    let status = 503;
    await using ill = startUpstream(() => new Response("back", { status }));
    const config = (connectMs: number, health: object) => ({
      services: { api: serviceAt([well.url, ill.url], { timeouts: { connectMs }, health }) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    const quick = { intervalMs: 10, rise: 1, fall: 1 };
    await using gateway = await startGateway(config(1000, quick));
    await waitUntil(() => gateway.log.text().includes("a target fails its health checks"));
    await gateway.gateway.reload(checkedConfig(config(1001, { intervalMs: 60_000, fall: 100 })));
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(gateway.url)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    status = 200;
    await gateway.gateway.reload(checkedConfig(config(1002, quick)));
    await waitUntil(async () => (await (await fetch(gateway.url)).text()) === "back");
  });

  test("that cannot be compiled changes nothing, and both outcomes are counted", async () => {
    await using gateway = await startGateway(responding("one"));
    const unusable = {
      ...checkedConfig(responding("two")),
      roles: { a: { permissions: [], inherits: ["none"] } },
    };
    await expect(gateway.gateway.reload(unusable)).rejects.toThrow();
    expect(await (await fetch(gateway.url)).text()).toBe("one");
    expect(await gateway.metrics.render()).toContain("cartway_config_last_reload_successful 0");

    await gateway.gateway.reload(checkedConfig(responding("three")));
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_config_reloads_total{outcome="refused"} 1');
    expect(metrics).toContain('cartway_config_reloads_total{outcome="applied"} 1');
    expect(metrics).toContain("cartway_config_last_reload_successful 1");
  });
});

test("SIGHUP while the gateway starts does not end it", async () => {
  await using directory = await createTemporaryDirectory();
  const configFile = directory.file("gateway.ts");
  const hangup = 'process.kill(process.pid, "SIGHUP"); await Bun.sleep(0);';
  const config = JSON.stringify({ version: 1, ...responding("started") });
  await Bun.write(configFile, `${hangup}\nexport default ${config};`);
  const gateway = await spawnGateway({ configFile, redisUrl: null });
  await using _process = gateway.process;
  expect(await (await fetch(gateway.url)).text()).toBe("started");
});
