import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { type RunningGateway, serviceAt, startGateway } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly mark: string | null;
  readonly body: string;
}

let copies = createEventLog<Seen>();
let answering = Promise.resolve();
const shop = startUpstream((_request, { body }) => new Response(`shop got ${body}`));
const next = startUpstream(async (_request, { method, path, headers, body }) => {
  copies.push({ method, path, mark: headers.get("x-cartway-mirror"), body });
  await answering;
  return new Response("x".repeat(100_000), { status: 500 });
});
beforeEach(() => {
  copies = createEventLog<Seen>();
  answering = Promise.resolve();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await next[Symbol.asyncDispose]();
});

function start(mirror: object = {}, services: object = {}): Promise<RunningGateway> {
  return startGateway({
    services: { shop: serviceAt(shop.url), next: serviceAt(next.url), ...services },
    routes: [
      {
        id: "all",
        match: { path: "/*" },
        service: "shop",
        policies: [{ type: "mirror", service: "next", ...mirror }],
      },
    ],
  });
}

function streamed(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(stream) {
      stream.enqueue(bytes);
      stream.close();
    },
  });
}

const outcome = (gateway: RunningGateway, name: string) => async () =>
  (await gateway.metrics.render()).includes(
    `cartway_mirrored_requests_total{route="all",service="next",outcome="${name}"} 1`,
  );

describe("a mirror", () => {
  test("gets the service's request, marked as a copy, and its response is discarded", async () => {
    await using gateway = await start();
    const answer = await fetch(`${gateway.url}/carts?a=b`, { method: "POST", body: "a cart" });
    expect([answer.status, await answer.text()]).toEqual([200, "shop got a cart"]);
    expect(await copies.next()).toEqual({ method: "POST", path: "/carts?a=b", mark: "all", body: "a cart" });
    expect(await (await fetch(`${gateway.url}/carts`)).text()).toBe("shop got ");
    expect(await copies.next()).toMatchObject({ method: "GET", path: "/carts", body: "" });
  });

  test("delays no request, and has a bounded number of copies in flight", async () => {
    const gate = Promise.withResolvers<void>();
    answering = gate.promise;
    await using gateway = await start({ inFlightMax: 1 });
    expect(await (await fetch(`${gateway.url}/1`)).text()).toBe("shop got ");
    await copies.next();
    expect(await (await fetch(`${gateway.url}/2`)).text()).toBe("shop got ");
    expect(await outcome(gateway, "dropped")()).toBe(true);
    gate.resolve();
    await waitUntil(outcome(gateway, "answered"), { what: "the first copy's end" });
    expect(copies.all).toHaveLength(1);
  });

  test("has a bounded number of copies in flight also where bodies come slowly", async () => {
    const gate = Promise.withResolvers<void>();
    answering = gate.promise;
    await using gateway = await start({ inFlightMax: 1 });
    const bodies = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const length = { "content-length": "4" };
    const asked = bodies.map(({ promise }) => {
      const body = async function* () {
        yield "sl";
        await promise;
        yield "ow";
      };
      return fetch(gateway.url, { method: "POST", body: body(), headers: length });
    });
    const begun = async () => /requests_in_flight\{route="all".*\} 3/.test(await gateway.metrics.render());
    await waitUntil(begun, { what: "all requests to begin" });
    for (const body of bodies) body.resolve();
    for (const answer of await Promise.all(asked)) expect(await answer.text()).toBe("shop got slow");
    gate.resolve();
    await waitUntil(outcome(gateway, "answered"), { what: "the copy's end" });
    expect(await gateway.metrics.render()).toContain('outcome="dropped"} 2');
  });

  test("that is down or slow changes nothing", async () => {
    await using away = await start({}, { next: serviceAt("http://127.0.0.1:1") });
    expect((await fetch(away.url)).status).toBe(200);
    await waitUntil(outcome(away, "failed"), { what: "the copy to fail" });
    const gate = Promise.withResolvers<void>();
    answering = gate.promise;
    await using late = await start({ timeoutMs: 100 });
    expect((await fetch(late.url)).status).toBe(200);
    await waitUntil(outcome(late, "failed"), { what: "the copy to be given up" });
    gate.resolve();
  });

  test.each([
    ["is longer than it may be", { body: "x".repeat(11) }],
    ["does not say how long it is", { body: streamed("some") }],
    ["is encoded", { body: "zip", headers: { "content-encoding": "gzip" } }],
  ])("gets no copy of a request whose body %s, which is served normally", async (_, request) => {
    await using gateway = await start({ bodyBytesMax: 10 });
    expect((await fetch(gateway.url, { method: "POST", ...request })).status).toBe(200);
    expect(await outcome(gateway, "too-large")()).toBe(true);
    expect(copies.all).toEqual([]);
  });

  test("gets its configured share of the requests", async () => {
    await using gateway = await start({ percent: 0.001 });
    for (let count = 0; count < 20; count++) await (await fetch(gateway.url)).text();
    expect(copies.all.length).toBeLessThan(2);
  });
});
