import { describe, expect, test } from "bun:test";
import { freePort, sendRaw } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

/** An address without a listener. */
async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

describe("a target", () => {
  test("that refuses connections is 502 upstream_unreachable", async () => {
    await using gateway = await startGatewayTo(await deadUrl());
    const response = await fetch(gateway.url);
    expect(response.status).toBe(502);
    expect((await errorOf(response)).code).toBe("upstream_unreachable");
  });

  test("whose name does not resolve is 502 upstream_unreachable", async () => {
    await using gateway = await startGatewayTo("http://nobody.invalid:80");
    const response = await fetch(gateway.url);
    expect([response.status, (await errorOf(response)).code]).toEqual([502, "upstream_unreachable"]);
  });

  test("that does not respond in time is 504 upstream_timeout, and its connection is closed", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    const timeouts = { connectMs: 50, firstByteMs: 50 };
    await using gateway = await startGatewayTo(upstream.url, { timeouts });
    const response = await fetch(gateway.url);
    expect([response.status, (await errorOf(response)).code]).toEqual([504, "upstream_timeout"]);
    await upstream.closed.next();
  });

  test("that exceeds the request's total time is 504, even if its own timeouts are longer", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    await using gateway = await startGatewayTo(upstream.url, { timeouts: { totalMs: 50 } });
    const response = await fetch(gateway.url);
    expect([response.status, (await errorOf(response)).code]).toEqual([504, "upstream_timeout"]);
  });

  test("that closes the connection is 502 upstream_reset", async () => {
    await using upstream = await startRawUpstream((socket) => socket.resetAndDestroy());
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { method: "POST", body: "x" });
    expect([response.status, (await errorOf(response)).code]).toEqual([502, "upstream_reset"]);
  });

  test("that does not speak HTTP is 502, and none of its bytes are forwarded", async () => {
    await using upstream = await startRawUpstream((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { method: "POST", body: "x" });
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("SSH");
  });

  test("is never named to the caller, but logged with the request id", async () => {
    const url = await deadUrl();
    await using gateway = await startGatewayTo(url);
    const response = await fetch(gateway.url);
    const shown = JSON.stringify([...response.headers]) + (await response.text());
    expect(shown).not.toContain(new URL(url).port);
    const line = gateway.log.lines.find(({ message }) => message === "a request failed");
    expect(line).toMatchObject({
      requestId: response.headers.get("x-request-id"),
      route: "all",
      service: "api",
      status: 502,
      code: "upstream_unreachable",
    });
    expect(JSON.stringify(line)).toContain(new URL(url).host);
  });
});

describe("a response body that is cut off", () => {
  test("is cut off at the client too, and never looks complete", async () => {
    await using upstream = await startRawUpstream((socket) => {
      const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
      socket.write(`${head}5\r\nfirst\r\n`, () => socket.end("5\r\nse"));
    });
    await using gateway = await startGatewayTo(upstream.url);
    const answer = sendRaw(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await expect(answer).rejects.toThrow("ECONNRESET");
  });
});

describe("a retry", () => {
  const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } };

  test("goes to a live target, whatever the method, if nothing was sent to the dead one", async () => {
    await using alive = startUpstream((_request, seen) => new Response(`${seen.method} ${seen.body}`));
    await using gateway = await startGateway({
      services: { api: serviceAt([await deadUrl(), alive.url], { retry }) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    for (const method of ["GET", "POST", "POST", "PATCH"]) {
      const body = method === "GET" ? {} : { body: "paid" };
      const response = await fetch(gateway.url, { method, ...body });
      expect(await response.text()).toBe(method === "GET" ? "GET " : `${method} paid`);
    }
    expect(await gateway.metrics.render()).toMatch(/cartway_upstream_retries_total\{service="api"\} [1-9]/);
  });

  test("follows a listed status of an idempotent method, on another target", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using well = startUpstream(() => new Response("yes"));
    await using gateway = await startGateway({
      services: { api: serviceAt([failing.url, well.url], { retry }) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    for (const _ of [1, 2, 3, 4]) expect(await (await fetch(gateway.url)).text()).toBe("yes");
    expect(failing.seen.all.length).toBeGreaterThan(0);
  });

  test("is not made for a POST that a target has answered", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using gateway = await startGatewayTo(failing.url, {}, { retry });
    const response = await fetch(gateway.url, { method: "POST", body: "x" });
    expect([response.status, await response.text()]).toEqual([503, "no"]);
    expect(failing.seen.all.length).toBe(1);
  });

  test("is not made for a status that is not listed", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 500 }));
    await using gateway = await startGatewayTo(failing.url, {}, { retry });
    expect((await fetch(gateway.url)).status).toBe(500);
    expect(failing.seen.all.length).toBe(1);
  });

  test("is not made for a timeout if only connect failures are listed", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    const timeouts = { connectMs: 50, firstByteMs: 50 };
    await using gateway = await startGatewayTo(
      upstream.url,
      { timeouts },
      { retry: { ...retry, on: ["connect"] } },
    );
    expect((await fetch(gateway.url)).status).toBe(504);
    expect(upstream.heads.all.length).toBe(1);
  });

  test("that fails last passes its response to the client, body included", async () => {
    await using failing = startUpstream(() => new Response("still no", { status: 503 }));
    await using gateway = await startGatewayTo(failing.url, {}, { retry: { ...retry, attemptsMax: 3 } });
    const response = await fetch(gateway.url);
    expect([response.status, await response.text()]).toEqual([503, "still no"]);
    expect(failing.seen.all.length).toBe(3);
  });

  test("is not awaited beyond the deadline: the client gets the response at hand", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using gateway = await startGatewayTo(
      failing.url,
      { timeouts: { totalMs: 2000 } },
      { retry: { attemptsMax: 10, on: [503], backoff: { baseMs: 0, maxMs: 0 }, retryAfterMsMax: 60_000 } },
    );
    await using asking = startUpstream(
      () => new Response("later", { status: 503, headers: { "retry-after": "30" } }),
    );
    await using patient = await startGatewayTo(
      asking.url,
      { timeouts: { totalMs: 2000 } },
      { retry: { attemptsMax: 10, on: [503], retryAfterMsMax: 60_000 } },
    );
    expect(await (await fetch(gateway.url)).text()).toBe("no");
    expect(failing.seen.all.length).toBe(10);
    const answer = await fetch(patient.url);
    expect([answer.status, await answer.text(), asking.seen.all.length]).toEqual([503, "later", 1]);
  });
});

describe("requests in flight to a target", () => {
  test("above its limit are refused with 503 and Retry-After, and never reach it", async () => {
    await using upstream = startHeldUpstream("ok");
    await using gateway = await startGatewayTo(upstream.url, {}, { connectionsMax: 1 });
    const first = fetch(gateway.url);
    await upstream.seen.next();
    const second = await fetch(gateway.url);
    expect([second.status, (await errorOf(second)).code]).toEqual([503, "bulkhead_full"]);
    expect(second.headers.get("retry-after")).toBe("1");
    upstream.release();
    expect((await first).status).toBe(200);
    expect(upstream.seen.all.length).toBe(1);
  });
});
