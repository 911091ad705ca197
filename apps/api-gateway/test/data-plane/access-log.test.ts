import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { freePort, waitUntil } from "@libs/testing";
import { type RunningGateway, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

type Line = Readonly<Record<string, unknown>>;

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const all = { accessLog: { sampleRatio: 1 } };

const linesOf = ({ log }: RunningGateway): readonly Line[] => log.lines.filter((line) => "ended" in line);

/** The one line of the one request that was made. */
async function lineOf(gateway: RunningGateway): Promise<Line> {
  await waitUntil(() => linesOf(gateway).length > 0, { what: "a line of the access log" });
  expect(linesOf(gateway)).toHaveLength(1);
  return linesOf(gateway)[0] ?? {};
}

const logged = (target: string, route: object = {}, service: object = {}): Promise<RunningGateway> =>
  startGateway({
    server: all,
    services: { api: serviceAt(target, service) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api", ...route }],
  });

describe("a line of the access log", () => {
  test("names the policy that could not change the answer", async () => {
    const json = { headers: { "content-type": "application/json" } };
    await using upstream = startUpstream(() => new Response("{ not JSON", json));
    const change = { type: "transform", response: { body: { remove: ["/x"] } } };
    await using gateway = await logged(upstream.url, { policies: [{ type: "security-headers" }, change] });
    expect((await fetch(gateway.url)).status).toBe(502);
    expect(await lineOf(gateway)).toMatchObject({ code: "upstream_invalid", policy: "transform" });
  });

  test("has caller, target, the duration of each step and the outcome, and no secrets", async () => {
    await using upstream = startUpstream(() => new Response("answer"));
    await using gateway = await logged(upstream.url);
    const response = await fetch(`${gateway.url}/carts/7?token=s3cr3t-token`, {
      method: "POST",
      body: "question",
      headers: {
        authorization: "Bearer s3cr3t-bearer",
        "x-request-id": "request-0001",
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
    });
    await response.text();
    const line = await lineOf(gateway);
    expect(line).toMatchObject({
      level: "info",
      message: "request",
      requestId: "request-0001",
      traceId,
      method: "POST",
      host: "127.0.0.1",
      path: "/carts/7",
      clientIp: "127.0.0.1",
      route: "all",
      service: "api",
      target: upstream.id,
      attempts: 1,
      status: 200,
      ended: "answered",
      requestBytes: 8,
      responseBytes: 6,
    });
    for (const timing of ["queuedMs", "connectMs", "firstByteMs", "totalMs"])
      expect([timing, typeof line[timing]]).toEqual([timing, "number"]);
    expect(gateway.log.text()).not.toContain("s3cr3t");
  });

  test("has the size of a body that a policy read before the service", async () => {
    await using upstream = startUpstream(() => new Response("answer"));
    const validation = { type: "request-validation", body: { type: "object" } };
    await using gateway = await logged(upstream.url, { policies: [validation] });
    const headers = { "content-type": "application/json" };
    await (await fetch(`${gateway.url}/carts`, { method: "POST", body: '{"sku":"a"}', headers })).text();
    expect(await lineOf(gateway)).toMatchObject({ status: 200, requestBytes: 11 });
  });

  test("is written for the sampled share and for every failure", async () => {
    await using gateway = await startGateway({
      services: { api: serviceAt(`http://127.0.0.1:${await freePort()}`) },
      routes: [
        { id: "gone", match: { path: "/gone" }, service: "api" },
        { id: "here", match: { path: "/here" }, policies: [{ type: "respond", status: 200, body: "here" }] },
      ],
    });
    await (await fetch(`${gateway.url}/here`)).text();
    await fetch(`${gateway.url}/gone`);
    expect(await lineOf(gateway)).toMatchObject({ level: "warn", route: "gone", ended: "upstream_failed" });
  });

  test.each([
    ["of a flood of failures is written for the first, and tells the number of the others", 0],
    ["is written for each of a flood where that is the share", 1],
  ])("%s", async (_, sampleRatio) => {
    const count = 60;
    await using gateway = await startGateway({
      server: { accessLog: { sampleRatio } },
      services: { api: serviceAt(`http://127.0.0.1:${await freePort()}`) },
      routes: [{ id: "gone", match: { path: "/gone" }, service: "api" }],
    });
    await Promise.all(Array.from({ length: count }, () => fetch(`${gateway.url}/gone`)));
    const withheld = () => gateway.log.lines.reduce((sum, line) => sum + Number(line["withheld"] ?? 0), 0);
    const told = () => linesOf(gateway).length + withheld();
    await waitUntil(() => told() === count, { what: "all to be told of" });
    expect(withheld() > 0).toBe(sampleRatio === 0);
    const more = gateway.log.lines.filter((line) => "withheld" in line);
    for (const line of more)
      expect(line).toMatchObject({ level: "warn", code: "upstream_unreachable", route: "gone" });
  });

  test("is written with its length when a streamed response has ended, not before", async () => {
    const { promise: last, resolve: sendLast } = Promise.withResolvers<null>();
    await using upstream = startUpstream(
      () =>
        new Response(
          (async function* () {
            yield "first";
            await last;
            yield "last";
          })(),
        ),
    );
    await using gateway = await logged(upstream.url);
    const reader = (await fetch(gateway.url)).body?.getReader();
    await reader?.read();
    expect(linesOf(gateway)).toHaveLength(0);
    sendLast(null);
    await reader?.read();
    expect(await lineOf(gateway)).toMatchObject({ ended: "answered", responseBytes: 9 });
  });

  test("is written for requests that are refused before routing", async () => {
    await using gateway = await startGateway({
      server: all,
      services: {},
      routes: [
        {
          id: "only-get",
          match: { path: "/a", methods: ["GET"] },
          policies: [{ type: "respond", status: 200 }],
        },
      ],
    });
    await fetch(`${gateway.url}/a?token=s3cr3t`, { method: "DELETE" });
    const line = await lineOf(gateway);
    expect(line).toMatchObject({
      method: "DELETE",
      host: "127.0.0.1",
      path: "/a",
      clientIp: "127.0.0.1",
      status: 405,
      code: "method_not_allowed",
      ended: "refused",
    });
    expect(line["totalMs"]).toBeGreaterThan(0);
    expect(line).not.toHaveProperty("route");
    await fetch(`${gateway.url}/%00/b?token=s3cr3t`);
    expect(linesOf(gateway)[1]).toMatchObject({
      path: "/%00/b",
      clientIp: "127.0.0.1",
      code: "invalid_path",
    });
    expect(gateway.log.text()).not.toContain("s3cr3t");
    const counted = await gateway.metrics.render();
    for (const status of [405, 400])
      expect(counted).toContain(`cartway_server_requests_total{route="unmatched",status="${status}"} 1`);
  });

  test("has no bytes of an answer to HEAD", async () => {
    await using gateway = await startGateway({
      server: all,
      routes: [{ id: "fixed", match: { path: "/a" }, policies: [{ type: "respond", body: "hello" }] }],
    });
    await fetch(`${gateway.url}/a`, { method: "HEAD" });
    expect(await lineOf(gateway)).toMatchObject({ method: "HEAD", status: 200, responseBytes: 0 });
  });
});

describe("a request that matches no route", () => {
  test("is logged with the gateway endpoint that answered it, and the caller", async () => {
    await using gateway = await startGateway({ server: all });
    await fetch(`${gateway.url}/healthz?probe=1`, {
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const line = await lineOf(gateway);
    expect(line).toMatchObject({
      traceId,
      method: "GET",
      host: "127.0.0.1",
      path: "/healthz",
      route: "/healthz",
      clientIp: "127.0.0.1",
      status: 200,
      ended: "own_endpoint",
    });
    // they are not counted, and were not none
    expect(line).not.toHaveProperty("responseBytes");
  });

  test("is logged as unmatched if no endpoint answers it", async () => {
    await using gateway = await startGateway({ server: all });
    await fetch(`${gateway.url}/nowhere`);
    const line = await lineOf(gateway);
    expect(line).toMatchObject({ path: "/nowhere", status: 404, ended: "not_routed" });
    expect(line).not.toHaveProperty("route");
  });
});

test("a line has the headers of the config, cut off where they are long, and no other", async () => {
  await using upstream = startUpstream();
  await using gateway = await startGateway({
    server: { accessLog: { sampleRatio: 1, requestHeaders: ["user-agent", "referer", "x-absent"] } },
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/api" }, service: "api" }],
  });
  const headers = { "user-agent": "shop/1", referer: `https://${"a".repeat(300)}`, "x-other": "1" };
  for (const path of ["/api", "/healthz", "/nowhere"]) await fetch(gateway.url + path, { headers });
  await waitUntil(() => linesOf(gateway).length === 3, { what: "three lines of the access log" });
  for (const line of linesOf(gateway))
    expect(line["headers"]).toEqual({ "user-agent": "shop/1", referer: `https://${"a".repeat(248)}` });
});

describe("a line states why the request ended:", () => {
  test("answered by a policy", async () => {
    await using upstream = startUpstream();
    await using gateway = await logged(upstream.url, {
      policies: [{ type: "respond", status: 200, body: "hi" }],
    });
    await (await fetch(gateway.url)).text();
    expect(await lineOf(gateway)).toMatchObject({
      ended: "answered_by_policy",
      attempts: 0,
      responseBytes: 2,
    });
  });

  test("caller refused", async () => {
    await using upstream = startUpstream();
    await using gateway = await logged(upstream.url, { bodyBytesMax: 1 });
    await fetch(gateway.url, { method: "POST", body: "too long" });
    expect(await lineOf(gateway)).toMatchObject({ ended: "refused", code: "payload_too_large", status: 413 });
  });

  test("no target available", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    await using upstream = startUpstream(() => never);
    await using gateway = await logged(upstream.url, {}, { connectionsMax: 1 });
    const leaving = new AbortController();
    const held = fetch(gateway.url, { signal: leaving.signal }).catch(() => null);
    await upstream.seen.next();
    await fetch(gateway.url);
    expect(await lineOf(gateway)).toMatchObject({ ended: "unavailable", code: "bulkhead_full" });
    leaving.abort();
    await held;
  });

  test("every attempt failed", async () => {
    const retry = { attemptsMax: 3, on: ["connect"], backoff: { baseMs: 0, maxMs: 0 } };
    await using gateway = await logged(`http://127.0.0.1:${await freePort()}`, {}, { retry });
    await fetch(gateway.url);
    expect(await lineOf(gateway)).toMatchObject({ ended: "upstream_failed", attempts: 3, status: 502 });
  });

  test("a fallback answered, by itself or with a fixed answer", async () => {
    await using other = startUpstream();
    const dead = `http://127.0.0.1:${await freePort()}`;
    await using gateway = await startGateway({
      server: all,
      services: {
        other: serviceAt(other.url),
        one: serviceAt(dead, { fallback: { on: ["no-answer"], service: "other" } }),
        vain: serviceAt(dead, { fallback: { on: ["no-answer"], service: "gone" } }),
        gone: serviceAt(dead),
        two: serviceAt(dead, { fallback: { on: ["no-answer"], respond: { status: 200, body: {} } } }),
      },
      routes: ["one", "two", "vain", "other"].map((id) => ({ id, match: { path: `/${id}` }, service: id })),
    });
    for (const path of ["/one", "/two", "/vain", "/other"]) await (await fetch(gateway.url + path)).text();
    await waitUntil(() => linesOf(gateway).length === 4);
    const told = linesOf(gateway).map(({ fallback }) => fallback);
    expect(told).toEqual(["service", "fixed", undefined, undefined]);
    const counted = await gateway.metrics.render();
    expect(counted).toContain('cartway_upstream_fallbacks_total{service="one",by="service"} 1');
    expect(counted).not.toContain('cartway_upstream_fallbacks_total{service="vain"');
  });

  test("the service aborted its response", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n", () => {
        setTimeout(() => socket.destroy(), 5);
      });
    });
    await using gateway = await logged(upstream.url);
    const response = await fetch(gateway.url);
    await response.text().catch(() => null);
    expect(await lineOf(gateway)).toMatchObject({ level: "warn", ended: "upstream_cut", responseBytes: 5 });
  });

  test("a timeout", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    await using gateway = await logged(upstream.url, {}, { timeouts: { connectMs: 50, firstByteMs: 50 } });
    await fetch(gateway.url);
    expect(await lineOf(gateway)).toMatchObject({
      ended: "timed_out",
      code: "upstream_timeout",
      status: 504,
    });
  });

  test("the total time ran out during the response", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    });
    await using gateway = await logged(upstream.url, {}, { timeouts: { totalMs: 100 } });
    const response = await fetch(gateway.url);
    await response.text().catch(() => null);
    expect(await lineOf(gateway)).toMatchObject({ level: "warn", ended: "timed_out", responseBytes: 5 });
  });

  test("the client disconnected before the response", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    await using upstream = startUpstream(() => never);
    await using gateway = await logged(upstream.url);
    const leaving = new AbortController();
    const asked = fetch(gateway.url, { signal: leaving.signal }).catch(() => null);
    await upstream.seen.next();
    leaving.abort();
    await asked;
    expect(await lineOf(gateway)).toMatchObject({ ended: "client_left", target: upstream.id });
  });

  test.each([
    ["of a known length", "content-length: 10\r\n\r\nfirst", {}],
    ["in chunks", "transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n", {}],
    ["that is streamed", `content-length: 100000\r\n\r\nfirst`, {}],
    [
      "that a policy reads",
      "content-type: application/json\r\ncontent-length: 10\r\n\r\nfirst",
      { policies: [{ type: "request-validation", body: {} }] },
    ],
  ])("the client disconnected in the middle of its body %s", async (_kind, rest, route) => {
    await using upstream = await startRawUpstream(() => undefined);
    await using gateway = await logged(upstream.url, route);
    const client = connect(gateway.port, "127.0.0.1");
    client.write(`POST / HTTP/1.1\r\nhost: a\r\n${rest}`);
    await waitUntil(
      async () => /requests_in_flight\{route="all".*\} 1/.test(await gateway.metrics.render()),
      {
        what: "the request in flight",
      },
    );
    client.destroy();
    expect(await lineOf(gateway)).toMatchObject({ level: "info", ended: "client_left", status: 408 });
  });

  test("the client disconnected during the response", async () => {
    const { promise: never } = Promise.withResolvers<null>();
    await using upstream = startUpstream(
      () =>
        new Response(
          (async function* () {
            yield "first";
            await never;
          })(),
        ),
    );
    await using gateway = await logged(upstream.url);
    const leaving = new AbortController();
    const reader = (await fetch(gateway.url, { signal: leaving.signal })).body?.getReader();
    await reader?.read();
    leaving.abort();
    expect(await lineOf(gateway)).toMatchObject({ ended: "client_left", status: 200, responseBytes: 5 });
  });
});

test("request and response sizes are counted by route and service", async () => {
  await using upstream = startUpstream(() => new Response("x".repeat(1000)));
  await using gateway = await logged(upstream.url);
  await (await fetch(gateway.url, { method: "POST", body: "y".repeat(300) })).text();
  await lineOf(gateway);
  const text = await gateway.metrics.render();
  const labels = 'route="all",service="api"';
  expect(text).toContain(`cartway_gateway_request_size_bytes_sum{${labels}} 300`);
  expect(text).toContain(`cartway_gateway_response_size_bytes_sum{${labels}} 1000`);
  expect(text).toContain(`cartway_gateway_request_size_bytes_bucket{le="256",${labels}} 0`);
  expect(text).toContain(`cartway_gateway_request_size_bytes_bucket{le="1024",${labels}} 1`);
});

test("a policy's own log lines carry the request's id and trace", async () => {
  await using upstream = startUpstream();
  await using gateway = await logged(upstream.url, {
    policies: [{ type: "ip-rules", deny: ["127.0.0.0/8"] }],
  });
  const headers = { "x-request-id": "request-0002", traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  expect((await fetch(gateway.url, { headers })).status).toBe(403);
  expect(await lineOf(gateway)).toMatchObject({ ended: "refused", policy: "ip-rules", code: "forbidden" });
  const [line] = gateway.log.lines.filter((each) => "security" in each);
  expect(line).toMatchObject({ requestId: "request-0002", traceId, route: "all" });
});
