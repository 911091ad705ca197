import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { checkedConfig, startGateway } from "../support/start-gateway.ts";
import { type ConsulServer, startConsulServer } from "../support/discovery/start-consul-server.ts";
import { startHeldUpstream, startUpstream, type Upstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

const serviceOf = (consul: ConsulServer, more: object = {}): object => ({
  api: { discovery: { type: "consul", url: consul.url, service: "shop", intervalMsMin: 10 }, ...more },
});

const instanceOf = ({ url }: Upstream) => ({ address: "127.0.0.1", port: Number(new URL(url).port) });

async function ask(url: string): Promise<string> {
  const answer = await fetch(url);
  return answer.ok ? await answer.text() : `${answer.status}`;
}

describe("a service with discovered targets", () => {
  test("holds the first requests until discovery answers, no longer than the connect timeout", async () => {
    await using upstream = startUpstream(() => new Response("found"));
    await using consul = startConsulServer();
    consul.isFailing = true;
    const timeouts = { connectMs: 50 };
    await using hasty = await startGateway({ services: serviceOf(consul, { timeouts }), routes });
    const refused = await fetch(hasty.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "no_target"]);
    await using patient = await startGateway({
      services: serviceOf(consul, { timeouts: { connectMs: 20_000 } }),
      routes,
    });
    const waiting = ask(patient.url);
    await waitUntil(() => patient.log.text().includes("discovery failed"));
    consul.set([instanceOf(upstream)]);
    consul.isFailing = false;
    expect(await waiting).toBe("found");
  });

  test("uses new targets from the next request on; requests in flight end where they began", async () => {
    await using old = startHeldUpstream("old");
    await using next = startUpstream(() => new Response("next"));
    await using consul = startConsulServer();
    consul.set([instanceOf(old)]);
    await using gateway = await startGateway({ services: serviceOf(consul), routes });
    const inFlight = ask(gateway.url);
    await old.seen.next();
    consul.set([instanceOf(next)]);
    const taken = 'cartway_discovery_answers_total{service="api",outcome="taken"} 2';
    await waitUntil(async () => (await gateway.metrics.render()).includes(taken));
    expect(await ask(gateway.url)).toBe("next");
    old.release();
    expect(await inFlight).toBe("old");
  });

  test("keeps the last good answer while its provider is down, across a config change too", async () => {
    await using upstream = startUpstream(() => new Response("served"));
    await using consul = startConsulServer();
    consul.set([instanceOf(upstream)]);
    await using gateway = await startGateway({ services: serviceOf(consul), routes });
    expect(await ask(gateway.url)).toBe("served");
    consul.isFailing = true;
    consul.set([]);
    await waitUntil(() => gateway.log.text().includes("discovery failed"));
    expect(await ask(gateway.url)).toBe("served");
    const changed = serviceOf(consul, { timeouts: { connectMs: 40, firstByteMs: 5000 } });
    await gateway.gateway.reload(checkedConfig({ services: changed, routes }));
    expect(await ask(gateway.url)).toBe("served");
  });

  test("stays served while answers are intermittently empty or invalid", async () => {
    await using steady = startUpstream(() => new Response("ok"));
    await using flapping = startUpstream(() => new Response("ok"));
    await using consul = startConsulServer();
    consul.set([instanceOf(steady)]);
    await using gateway = await startGateway({ services: serviceOf(consul), routes });
    const answers: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      if (round % 4 === 3) consul.set([]);
      else consul.set(round % 2 === 0 ? [instanceOf(steady)] : [instanceOf(flapping), instanceOf(steady)]);
      answers.push(...(await Promise.all(Array.from({ length: 10 }, () => ask(gateway.url)))));
    }
    expect(answers.filter((answer) => answer !== "ok")).toEqual([]);
  });
});

describe("a reload", () => {
  test("that does not change a service keeps the state of its targets", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    const service = {
      discovery: { type: "static", targets: [{ url: failing.url }] },
      breaker: { service: { failuresInARow: 2, openMs: 60_000 } },
    };
    await using gateway = await startGateway({ services: { api: service }, routes });
    for (const _ of [1, 2]) await fetch(gateway.url);
    expect((await fetch(gateway.url)).status).toBe(503);
    const more = [...routes, { id: "more", match: { path: "/more" }, service: "api" }];
    await gateway.gateway.reload(checkedConfig({ services: { api: service }, routes: more }));
    expect((await fetch(`${gateway.url}/more`)).status).toBe(503);
    expect(failing.seen.all.length).toBe(2);
    const reset = { ...service, breaker: undefined };
    await gateway.gateway.reload(checkedConfig({ services: { api: reset }, routes: more }));
    expect((await fetch(gateway.url)).status).toBe(500);
  });

  test("that removes a service ends its discovery, also while an answer of it still streams", async () => {
    const more = Promise.withResolvers<void>();
    await using upstream = startUpstream(
      () =>
        new Response(
          (async function* () {
            yield "first ";
            await more.promise;
            yield "last";
          })(),
        ),
    );
    await using consul = startConsulServer();
    consul.set([instanceOf(upstream)]);
    await using gateway = await startGateway({ services: serviceOf(consul), routes });
    const reader = (await fetch(gateway.url)).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("first ");
    await consul.queries.atLeast(2);
    await gateway.gateway.reload(checkedConfig({ services: {}, routes: [] }));
    const asked = consul.queries.all.length;
    consul.set([{ address: "127.0.0.1", port: 1 }]);
    await fetch(consul.url);
    expect(consul.queries.all.length).toBe(asked + 1);
    more.resolve();
    expect((await reader?.read())?.value).toBe("last");
  });
});
