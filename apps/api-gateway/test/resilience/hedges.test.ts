import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

describe("a hedge", () => {
  const hedge = { afterMs: 20 };
  const hanging = () => startUpstream(() => new Promise<Response>(() => undefined));

  test("asks a second target when the first is slow, uses the better response, and cancels the other request", async () => {
    const gate = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await using slow = startUpstream(async (request) => {
      request.signal.addEventListener("abort", () => left.resolve());
      await gate.promise;
      return new Response("slow");
    });
    await using quick = startUpstream(() => new Response("quick"));
    await using gateway = await startGateway({
      services: { api: serviceAt([slow.url, quick.url], { hedge }) },
      routes,
    });
    expect(await (await fetch(gateway.url)).text()).toBe("quick");
    expect(slow.seen.all.length).toBe(1);
    await left.promise;
    const metrics = await waitUntil(async () => {
      const text = await gateway.metrics.render();
      return text.includes('cartway_upstream_requests_in_flight{service="api"} 0') ? text : null;
    });
    expect(metrics).toContain('cartway_upstream_hedges_total{service="api",outcome="won"} 1');
    gate.resolve();
  });

  test("is not made for requests that must not run twice, or without another target", async () => {
    await using first = hanging();
    await using second = hanging();
    await using gateway = await startGateway({
      services: {
        api: serviceAt([first.url, second.url], { hedge, timeouts: { totalMs: 200 } }),
        one: serviceAt(first.url, { hedge, timeouts: { totalMs: 200 } }),
      },
      routes: [{ id: "one", match: { path: "/one" }, service: "one" }, ...routes],
    });
    expect((await fetch(gateway.url, { method: "POST", body: "pay" })).status).toBe(504);
    expect((await fetch(`${gateway.url}/one`)).status).toBe(504);
    expect(first.seen.all.length + second.seen.all.length).toBe(2);
  });

  test("is taken from the retry budget", async () => {
    await using first = hanging();
    await using second = hanging();
    const retry = { budget: { share: 0, perSecMin: 0 } };
    await using gateway = await startGateway({
      services: { api: serviceAt([first.url, second.url], { hedge, retry, timeouts: { totalMs: 200 } }) },
      routes,
    });
    expect((await fetch(gateway.url)).status).toBe(504);
    expect(first.seen.all.length + second.seen.all.length).toBe(1);
  });

  test("of a retry is not sent to a target that the request has failed on", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using slow = hanging();
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } };
    await using gateway = await startGateway({
      services: { api: serviceAt([failing.url, slow.url], { hedge, retry, timeouts: { totalMs: 200 } }) },
      routes,
    });
    expect((await fetch(gateway.url)).status).toBe(504);
    expect([failing.seen.all.length, slow.seen.all.length]).toEqual([1, 1]);
  });

  test("that failed like the first attempt leaves the retry to a third target", async () => {
    const answers = Promise.withResolvers<void>();
    const failing = () =>
      startUpstream(async () => {
        await answers.promise;
        return new Response("no", { status: 503 });
      });
    await using first = failing();
    await using second = failing();
    await using third = startUpstream(() => new Response("yes"));
    const weighted = [first, second].map(({ url }) => ({ url, weight: 10 }));
    const discovery = { type: "static", targets: [...weighted, { url: third.url, weight: 1 }] };
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } };
    await using gateway = await startGateway({ services: { api: { discovery, hedge, retry } }, routes });
    const answer = fetch(gateway.url);
    await first.seen.atLeast(1);
    await second.seen.atLeast(1);
    answers.resolve();
    expect(await (await answer).text()).toBe("yes");
    expect([first.seen.all.length, second.seen.all.length]).toEqual([1, 1]);
  });

  test("uses the second response when the first fails late", async () => {
    await using failing = startUpstream(async () => {
      await second.seen.atLeast(1);
      return new Response("no", { status: 503 });
    });
    await using second = startHeldUpstream("yes");
    await using gateway = await startGateway({
      services: { api: serviceAt([failing.url, second.url], { hedge }) },
      routes,
    });
    const answer = fetch(gateway.url);
    await second.seen.atLeast(1);
    second.release();
    expect(await (await answer).text()).toBe("yes");
  });
});
