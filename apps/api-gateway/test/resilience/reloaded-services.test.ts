import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];
const configOf = (targets: readonly string[], service: object) => ({
  services: { api: serviceAt(targets, service) },
  routes,
});
const changed = { timeouts: { connectMs: 1001 } };
const forLong = { failureRate: { ratioMax: 1 }, openMs: 60_000, openMsMax: 60_000 };

async function statusesOf(url: string, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await fetch(url)).status);
  return statuses;
}

describe("a reload that changes other settings of a service", () => {
  test("keeps its breaker open, and sends the target nothing", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    const breaker = { service: { ...forLong, failuresInARow: 3 } };
    await using gateway = await startGateway(configOf([failing.url], { breaker }));
    expect(await statusesOf(gateway.url, 4)).toEqual([500, 500, 500, 503]);
    await gateway.gateway.reload(checkedConfig(configOf([failing.url], { breaker, ...changed })));
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "breaker_open"]);
    expect(failing.seen.all.length).toBe(3);
    const other = { service: { ...forLong, failuresInARow: 4 } };
    await gateway.gateway.reload(checkedConfig(configOf([failing.url], { breaker: other })));
    expect(await statusesOf(gateway.url, 5)).toEqual([500, 500, 500, 500, 503]);
  });

  test("keeps its failure counts", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    const breaker = { service: { ...forLong, failuresInARow: 3 } };
    await using gateway = await startGateway(configOf([failing.url], { breaker }));
    expect(await statusesOf(gateway.url, 2)).toEqual([500, 500]);
    await gateway.gateway.reload(checkedConfig(configOf([failing.url], { breaker, ...changed })));
    expect(await statusesOf(gateway.url, 2)).toEqual([500, 503]);
  });

  test("keeps a target's breaker open, also when targets are added, and when the target was removed for a while", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    await using well = startUpstream();
    await using another = startUpstream();
    const breaker = { target: { ...forLong, failuresInARow: 2 } };
    await using gateway = await startGateway(configOf([failing.url, well.url], { breaker }));
    expect((await statusesOf(gateway.url, 4)).toSorted((a, b) => a - b)).toEqual([200, 200, 500, 500]);
    for (const targets of [
      [well.url, another.url, failing.url],
      [well.url, another.url],
      [failing.url, well.url],
    ]) {
      await gateway.gateway.reload(checkedConfig(configOf(targets, { breaker })));
      expect(new Set(await statusesOf(gateway.url, 8))).toEqual(new Set([200]));
    }
    expect(failing.seen.all.length).toBe(2);
  });

  test("keeps an ejected target ejected until its time is over", async () => {
    let status = 500;
    await using failing = startUpstream(() => new Response("x", { status }));
    await using well = startUpstream();
    const outliers = { errorsInARow: 2, ejectedShareMax: 1, ejectionMs: 1500, intervalMs: 60_000 };
    await using gateway = await startGateway(configOf([failing.url, well.url], { outliers }));
    await statusesOf(gateway.url, 4);
    status = 200;
    await gateway.gateway.reload(checkedConfig(configOf([well.url, failing.url], { outliers, ...changed })));
    expect(await gateway.metrics.render()).toContain(
      'cartway_upstream_targets{service="api",state="ejected"} 1',
    );
    await waitUntil(() => gateway.log.text().includes("an ejected target was readmitted"));
    await waitUntil(async () => {
      await fetch(gateway.url);
      return failing.seen.all.length > 2;
    });
  });

  test("keeps counting the requests in flight to it", async () => {
    await using upstream = startHeldUpstream("late");
    await using gateway = await startGateway(configOf([upstream.url], { inFlightMax: 2 }));
    const waiting = [fetch(gateway.url), fetch(gateway.url)];
    await upstream.seen.atLeast(2);
    await gateway.gateway.reload(checkedConfig(configOf([upstream.url], { inFlightMax: 2, ...changed })));
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "bulkhead_full"]);
    upstream.release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test("does not multiply health checks while a request of the previous config runs", async () => {
    const held = Promise.withResolvers<void>();
    await using upstream = startUpstream(async (_request, { path }) => {
      if (path === "/held") await held.promise;
      return new Response("ok");
    });
    const health = (path: string) => ({ health: { path, intervalMs: 100 } });
    await using gateway = await startGateway(configOf([upstream.url], health("/before")));
    const waiting = fetch(`${gateway.url}/held`);
    await upstream.seen.find(({ path }) => path === "/held");
    await gateway.gateway.reload(checkedConfig(configOf([upstream.url], health("/after"))));
    const checks = (of: string) => upstream.seen.all.filter(({ path }) => path === of).length;
    const before = checks("/before");
    await waitUntil(() => checks("/after") > 5);
    // one may have been on its way
    expect(checks("/before") - before).toBeLessThanOrEqual(1);
    held.resolve();
    expect((await waiting).status).toBe(200);
    await gateway.gateway.reload(
      checkedConfig(configOf([upstream.url], { ...health("/after"), ...changed })),
    );
    const after = checks("/after");
    await waitUntil(() => checks("/after") > after + 3);
  });

  test("keeps counting the retries of the last ten seconds", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 }, budget: { share: 0, perSecMin: 1 } };
    const asked = async () => {
      const before = failing.seen.all.length;
      await statusesOf(gateway.url, 12);
      return failing.seen.all.length - before;
    };
    await using gateway = await startGateway(configOf([failing.url], { retry }));
    expect(await asked()).toBe(22);
    await gateway.gateway.reload(checkedConfig(configOf([failing.url], { retry, ...changed })));
    expect(await asked()).toBe(12);
  });

  test("records the outcomes of requests from before the reload", async () => {
    const held = Promise.withResolvers<void>();
    await using failing = startUpstream(async () => {
      await held.promise;
      return new Response("no", { status: 500 });
    });
    const breaker = { service: { ...forLong, failuresInARow: 3 } };
    await using gateway = await startGateway(configOf([failing.url], { breaker }));
    const waiting = [1, 2, 3].map(() => fetch(gateway.url));
    await failing.seen.atLeast(3);
    await gateway.gateway.reload(checkedConfig(configOf([failing.url], { breaker, ...changed })));
    held.resolve();
    await Promise.all(waiting);
    expect((await fetch(gateway.url)).status).toBe(503);
  });

  test("starts only added targets slowly", async () => {
    await using first = startUpstream();
    await using second = startUpstream();
    const slow = { slowStartMs: 3_600_000 };
    await using gateway = await startGateway(configOf([first.url], slow));
    await gateway.gateway.reload(checkedConfig(configOf([first.url, second.url], slow)));
    await statusesOf(gateway.url, 22);
    expect([first.seen.all.length, second.seen.all.length]).toEqual([20, 2]);
    // it is no older for another reload
    await gateway.gateway.reload(checkedConfig(configOf([first.url, second.url], { ...slow, ...changed })));
    await statusesOf(gateway.url, 22);
    expect([first.seen.all.length, second.seen.all.length]).toEqual([40, 4]);
  });
});
