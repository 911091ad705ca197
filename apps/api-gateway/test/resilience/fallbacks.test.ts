import { describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { freePort } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

describe("a fallback", () => {
  const dead = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
  const respond = { status: 203, body: { items: [], stale: true } };

  test("answers for a service that does not respond", async () => {
    await using gateway = await startGatewayTo(await dead(), {}, { fallback: { respond } });
    const answer = await fetch(gateway.url, { method: "POST", body: "x" });
    expect([answer.status, await answer.json()]).toEqual([203, respond.body]);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const head = await fetch(gateway.url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([203, ""]);
    expect(await gateway.metrics.render()).toContain(
      'cartway_upstream_fallbacks_total{service="api",by="respond"} 2',
    );
  });

  test("replaces listed statuses only", async () => {
    await using failing = startUpstream(
      (_request, { path }) => new Response("own", { status: path === "/listed" ? 503 : 500 }),
    );
    await using gateway = await startGatewayTo(failing.url, {}, { fallback: { on: [503], respond } });
    expect((await fetch(`${gateway.url}/listed`)).status).toBe(203);
    expect(await (await fetch(`${gateway.url}/other`)).text()).toBe("own");
  });

  test("replaces a response that is cut off while the other service is asked", async () => {
    const sockets: Socket[] = [];
    await using cut = await startRawUpstream((socket) => {
      sockets.push(socket);
      socket.write("HTTP/1.1 503 No\r\ncontent-length: 100000\r\n\r\nthe beginning");
    });
    await using spare = startUpstream(async () => {
      for (const socket of sockets) socket.destroy();
      await cut.closed.atLeast(1);
      return new Response("spare");
    });
    await using gateway = await startGateway({
      services: {
        api: serviceAt(cut.url, { fallback: { on: [503], service: "spare" } }),
        spare: serviceAt(spare.url),
      },
      routes,
    });
    const answer = await fetch(gateway.url);
    expect([answer.status, await answer.text()]).toEqual([200, "spare"]);
  });

  test("sends the same request to another service after all retries", async () => {
    await using spare = startUpstream(
      (_request, { method, path, body }) => new Response(`${method} ${path} ${body}`),
    );
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(failing.url, {
          fallback: { service: "spare" },
          retry: { attemptsMax: 2, backoff: { baseMs: 0 } },
        }),
        spare: serviceAt(spare.url),
      },
      routes,
    });
    const answer = await fetch(`${gateway.url}/cart?x=1`, { method: "PUT", body: "milk" });
    expect(await answer.text()).toBe("PUT /cart?x=1 milk");
    expect(failing.seen.all.length).toBe(2);
  });

  test("does not resend requests that must not run twice", async () => {
    await using spare = startUpstream();
    await using failing = startUpstream(() => new Response("own", { status: 503 }));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(failing.url, { fallback: { service: "spare" } }),
        unreached: serviceAt(await dead(), { fallback: { service: "spare" } }),
        spare: serviceAt(spare.url),
      },
      routes: [{ id: "unreached", match: { path: "/unreached" }, service: "unreached" }, ...routes],
    });
    expect(await (await fetch(gateway.url, { method: "POST", body: "pay" })).text()).toBe("own");
    expect(spare.seen.all.length).toBe(0);
    expect((await fetch(`${gateway.url}/unreached`, { method: "POST", body: "pay" })).status).toBe(200);
    expect((await spare.seen.next()).body).toBe("pay");
  });

  test.each([
    ["is refused by a breaker", { breaker: { target: { failuresInARow: 1 } } }],
    ["reaches nobody", {}],
  ])("does not resend a POST that may have run if its repetition by key %s", async (_why, settings) => {
    await using spare = startUpstream();
    const cut = await startRawUpstream((socket) => {
      // nothing listens there from now on
      void cut[Symbol.asyncDispose]();
      socket.destroy();
    });
    await using gateway = await startGateway({
      services: {
        api: serviceAt(cut.url, {
          ...settings,
          fallback: { service: "spare", respond },
          retry: { attemptsMax: 2, backoff: { baseMs: 0 }, idempotencyKey: true },
        }),
        spare: serviceAt(spare.url),
      },
      routes,
    });
    const headers = { "idempotency-key": "one" };
    expect((await fetch(gateway.url, { method: "POST", body: "pay", headers })).status).toBe(203);
    expect(cut.heads.all.length).toBe(1);
    expect(spare.seen.all.length).toBe(0);
  });

  test("ends in the fixed response if the other service fails too, or without one in the first failure", async () => {
    await using gateway = await startGateway({
      services: {
        api: serviceAt(await dead(), { fallback: { service: "spare", respond } }),
        bare: serviceAt(await dead(), { fallback: { service: "spare" } }),
        spare: serviceAt(await dead()),
      },
      routes: [{ id: "bare", match: { path: "/bare" }, service: "bare" }, ...routes],
    });
    expect((await fetch(gateway.url)).status).toBe(203);
    const failed = await fetch(`${gateway.url}/bare`);
    expect([failed.status, (await errorOf(failed)).code]).toEqual([502, "upstream_unreachable"]);
  });

  test("ends in the fixed response if the other service answers with a listed status, or without one in that answer", async () => {
    await using failing = startUpstream(() => new Response("own", { status: 503 }));
    await using spare = startUpstream(() => new Response("spare", { status: 502 }));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(failing.url, { fallback: { service: "spare", respond } }),
        bare: serviceAt(failing.url, { fallback: { service: "spare" } }),
        spare: serviceAt(spare.url),
      },
      routes: [{ id: "bare", match: { path: "/bare" }, service: "bare" }, ...routes],
    });
    expect((await fetch(gateway.url)).status).toBe(203);
    expect(await (await fetch(`${gateway.url}/bare`)).text()).toBe("spare");
    const metrics = await gateway.metrics.render();
    for (const service of ["api", "spare"])
      expect(metrics).toContain(`cartway_upstream_requests_in_flight{service="${service}"} 0`);
  });

  test("does not apply to failures caused by the caller", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { bodyBytesMax: 3 }, { fallback: { respond } });
    expect((await fetch(gateway.url, { method: "POST", body: "too long" })).status).toBe(413);
  });
});
