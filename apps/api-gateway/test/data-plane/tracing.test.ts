import { describe, expect, test } from "bun:test";
import { type CollectedSpan, freePort, startOtlpCollector, waitUntil } from "@libs/testing";
import { serviceAt, startGatewayTo } from "../support/start-gateway.ts";
import { startTracedGateway } from "../support/start-traced-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const sampled = `00-${traceId}-${callerSpan}-01`;
const unsampled = `00-${traceId}-${callerSpan}-00`;

const configTo = (url: string | readonly string[], service: object = {}): object => ({
  services: { shop: serviceAt(url, service) },
  routes: [{ id: "items", match: { path: "/items/{id}" }, service: "shop" }],
});

const ofKind = (spans: readonly CollectedSpan[], kind: CollectedSpan["kind"]): CollectedSpan[] =>
  spans.filter((span) => span.kind === kind);

describe("a traced request", () => {
  test("has a span below its caller's, with the upstream span below its own", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url));
    const response = await fetch(`${traced.gateway.url}/items/7?token=s3cr3t`, {
      headers: { traceparent: sampled, tracestate: "a=b" },
    });
    await response.text();
    const spans = await traced.finish();
    const [server] = ofKind(spans, "server");
    const [client] = ofKind(spans, "client");
    expect(spans).toHaveLength(2);
    expect(server).toMatchObject({
      service: "api-gateway",
      name: "GET /items/{id}",
      traceId,
      parentSpanId: callerSpan,
      failed: false,
      attributes: {
        "http.request.method": "GET",
        "http.route": "/items/{id}",
        "http.response.status_code": 200,
        "url.path": "/items/7",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "cartway.route": "items",
        "cartway.service": "shop",
      },
    });
    expect(client).toMatchObject({
      name: "GET",
      traceId,
      parentSpanId: server?.spanId,
      attributes: {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "url.full": `${upstream.url}/items/7`,
      },
    });
    expect(JSON.stringify(spans)).not.toContain("s3cr3t");

    const { headers } = await upstream.seen.next();
    expect(headers.get("traceparent")).toBe(`00-${traceId}-${client?.spanId}-01`);
    expect(headers.get("tracestate")).toBe("a=b");
    expect(response.headers.get("traceparent")).toBe(`00-${traceId}-${server?.spanId}-01`);
  });

  test("has one span for each attempt, each propagated to its own target", async () => {
    let answers = 0;
    await using upstream = startUpstream(() => new Response("", { status: answers++ === 0 ? 503 : 200 }));
    const retry = { attemptsMax: 2, on: [503], backoff: { baseMs: 0, maxMs: 0 } };
    await using traced = await startTracedGateway(configTo(upstream.url, { retry }));
    expect((await fetch(`${traced.gateway.url}/items/7`)).status).toBe(200);
    const spans = await traced.finish();
    const [server] = ofKind(spans, "server");
    const clients = ofKind(spans, "client");
    expect(clients.map(({ parentSpanId }) => parentSpanId)).toEqual([
      server?.spanId,
      server?.spanId,
    ] as string[]);
    expect(clients[0]).toMatchObject({ failed: true, attributes: { "error.type": "503" } });
    expect(clients[0]?.attributes).not.toHaveProperty("http.request.resend_count");
    expect(clients[1]).toMatchObject({ failed: false, attributes: { "http.request.resend_count": 1 } });
    const told = upstream.seen.all.map(({ headers }) => headers.get("traceparent")?.slice(36, 52));
    expect(told).toEqual(clients.map(({ spanId }) => spanId));
  });

  test("has a span for its mirrored copy, propagated to the service that gets it", async () => {
    await using upstream = startUpstream();
    await using next = startUpstream();
    await using traced = await startTracedGateway({
      services: { shop: serviceAt(upstream.url), next: serviceAt(next.url) },
      routes: [
        {
          id: "items",
          match: { path: "/*" },
          service: "shop",
          policies: [{ type: "mirror", service: "next" }],
        },
      ],
    });
    expect((await fetch(traced.gateway.url, { headers: { traceparent: sampled } })).status).toBe(200);
    const told = (await next.seen.next()).headers.get("traceparent");
    await waitUntil(
      async () => (await traced.gateway.metrics.render()).includes('service="next",outcome="answered"} 1'),
      { what: "the copy's end" },
    );
    const spans = await traced.finish();
    const [server] = ofKind(spans, "server");
    const copy = ofKind(spans, "client").find(({ spanId }) => told?.includes(spanId) === true);
    expect(copy).toMatchObject({ traceId, parentSpanId: server?.spanId, failed: false });
  });

  test("has failed spans for the attempt and the request if no target responds, each with its error code", async () => {
    await using traced = await startTracedGateway(configTo(`http://127.0.0.1:${await freePort()}`));
    expect((await fetch(`${traced.gateway.url}/items/7`)).status).toBe(502);
    const spans = await traced.finish();
    expect(ofKind(spans, "client")[0]).toMatchObject({
      failed: true,
      attributes: { "error.type": "connect" },
    });
    expect(ofKind(spans, "server")[0]).toMatchObject({
      failed: true,
      attributes: { "error.type": "upstream_unreachable", "http.response.status_code": 502 },
    });
  });

  test("is not marked as failed, but has the error code, if the caller was refused", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway({
      services: { shop: serviceAt(upstream.url) },
      routes: [{ id: "items", match: { path: "/*" }, service: "shop", bodyBytesMax: 1 }],
    });
    await fetch(traced.gateway.url, { method: "POST", body: "more than one" });
    expect(await traced.finish()).toMatchObject([
      { name: "POST /*", failed: false, attributes: { "cartway.refused": "payload_too_large" } },
    ]);
  });

  test("is marked as failed if it is refused before its policies run", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url));
    await fetch(`${traced.gateway.url}/items/7`);
    const via = (await upstream.seen.next()).headers.get("via") ?? "";
    const response = await fetch(`${traced.gateway.url}/items/7`, { headers: { via } });
    expect(response.status).toBe(508);
    expect(ofKind(await traced.finish(), "server")[1]).toMatchObject({
      name: "GET /items/{id}",
      failed: true,
      attributes: { "error.type": "loop_detected", "cartway.route": "items" },
    });
  });

  test("is marked as failed if the service cuts its answer off, or the time for it is over", async () => {
    const begun = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    await using cutting = await startRawUpstream((socket) => {
      socket.write(begun, () => setTimeout(() => socket.destroy(), 5));
    });
    await using slow = await startRawUpstream((socket) => void socket.write(begun));
    await using traced = await startTracedGateway({
      services: { cutting: serviceAt(cutting.url), slow: serviceAt(slow.url) },
      routes: [
        { id: "cut", match: { path: "/cut" }, service: "cutting" },
        { id: "late", match: { path: "/late" }, service: "slow", timeouts: { totalMs: 100 } },
      ],
    });
    for (const path of ["/cut", "/late"]) {
      const answer = await fetch(traced.gateway.url + path);
      await answer.text().catch(() => null);
    }
    await waitUntil(() => traced.gateway.log.lines.filter(({ ended }) => ended !== undefined).length === 2);
    const [cut, late] = ofKind(await traced.finish(), "server");
    const code = { "http.response.status_code": 200 };
    expect(cut).toMatchObject({ failed: true, attributes: { ...code, "error.type": "upstream_cut" } });
    expect(late).toMatchObject({ failed: true, attributes: { ...code, "error.type": "timed_out" } });
  });

  test("has a method that the conventions do not know beside the one value for those", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url));
    await fetch(`${traced.gateway.url}/items/7`, { method: "PURGE" });
    const spans = await traced.finish();
    const attributes = { "http.request.method": "_OTHER", "http.request.method_original": "PURGE" };
    expect(spans).toMatchObject([
      { kind: "client", name: "HTTP", attributes },
      { kind: "server", name: "HTTP /items/{id}", attributes },
    ]);
  });

  test("is recorded, with its code, if no route takes its method", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway({
      services: { shop: serviceAt(upstream.url) },
      routes: [{ id: "items", match: { path: "/items", methods: ["GET"] }, service: "shop" }],
    });
    const headers = { traceparent: sampled };
    const answer = await fetch(`${traced.gateway.url}/items`, { method: "DELETE", headers });
    expect(answer.status).toBe(405);
    expect(await traced.finish()).toMatchObject([
      {
        name: "DELETE",
        traceId,
        parentSpanId: callerSpan,
        failed: false,
        attributes: { "http.response.status_code": 405, "cartway.refused": "method_not_allowed" },
      },
    ]);
  });

  test("is not recorded if its caller's parent is not sampled", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url));
    await fetch(`${traced.gateway.url}/items/7`, { headers: { traceparent: unsampled } });
    expect((await upstream.seen.next()).headers.get("traceparent")).toBe(unsampled);
    expect(await traced.finish()).toEqual([]);
  });

  test("without a parent is sampled by the ratio, and the decision is propagated", async () => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url), { tracer: { sampleRatio: 0 } });
    await fetch(`${traced.gateway.url}/items/7`);
    expect((await upstream.seen.next()).headers.get("traceparent")).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/,
    );
    expect(await traced.finish()).toEqual([]);
  });

  test.each([
    ["words", "give me your spans"],
    ["two of them", `${sampled}, ${sampled}`],
    ["upper case", sampled.toUpperCase()],
    ["zeros", `00-${"0".repeat(32)}-${callerSpan}-01`],
    ["version ff", `ff-${traceId}-${callerSpan}-01`],
    ["8,000 characters", `${sampled}-${"0".repeat(8000)}`],
  ])("a traceparent of %s is ignored and not propagated", async (_name, traceparent) => {
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url));
    await fetch(`${traced.gateway.url}/items/7`, { headers: { traceparent, tracestate: "evil=1" } });
    const { headers } = await upstream.seen.next();
    expect(headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
    expect(headers.get("traceparent")).not.toContain(traceId);
    expect(headers.get("tracestate")).toBeNull();
  });
});

describe("a collector that never responds", () => {
  test("delays no request", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    await using upstream = startUpstream();
    await using traced = await startTracedGateway(configTo(upstream.url), {
      collector: startOtlpCollector(() => never),
      tracer: { queueMax: 8, closeTimeoutMs: 50 },
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, id) => (await fetch(`${traced.gateway.url}/items/${id}`)).status),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
  });
});

describe("without a collector", () => {
  test("the caller's context is propagated unchanged, and none is created", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const headers = { traceparent: sampled, tracestate: "a=b" };
    const response = await fetch(gateway.url, { headers });
    await fetch(gateway.url);
    const [first, second] = await upstream.seen.atLeast(2);
    expect(first?.headers.get("traceparent")).toBe(sampled);
    expect(first?.headers.get("tracestate")).toBe("a=b");
    expect(second?.headers.get("traceparent")).toBeNull();
    expect(response.headers.get("traceparent")).toBeNull();
  });
});

const hubTo = (url: string, message: object = {}): object => ({
  services: { shop: serviceAt(url) },
  routes: [],
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { with: [], anonymous: true },
        messages: { cart_event: { service: "shop", path: "/events", ack: "durable", ...message } },
      },
    ],
  },
});

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return socket;
}

describe("a batch of the hub", () => {
  test("has a trace of its own that includes its service, with the number of frames", async () => {
    await using upstream = startUpstream(() => Response.json({ accepted: 2, duplicates: 0, rejected: [] }));
    await using traced = await startTracedGateway(hubTo(upstream.url, { batch: { max: 2, waitMs: 1000 } }));
    const socket = await connect(traced.gateway.url);
    for (const id of ["one", "two"])
      socket.send(JSON.stringify({ type: "cart_event", id: `event-${id}`, payload: { a: 1 } }));
    const { headers } = await upstream.seen.next();
    socket.close();
    const spans = await traced.finish();
    const [work] = ofKind(spans, "consumer");
    const [client] = ofKind(spans, "client");
    expect(work).toMatchObject({
      name: "process cart_event",
      parentSpanId: null,
      attributes: { "messaging.batch.message_count": 2, "cartway.service": "shop" },
    });
    expect(client).toMatchObject({ traceId: work?.traceId, parentSpanId: work?.spanId, name: "POST" });
    expect(headers.get("traceparent")).toBe(`00-${work?.traceId}-${client?.spanId}-03`);
  });

  test("that its service refuses has a failed span", async () => {
    await using upstream = startUpstream(() => new Response("no", { status: 500 }));
    await using traced = await startTracedGateway(hubTo(upstream.url));
    const socket = await connect(traced.gateway.url);
    const answered = new Promise<void>((resolve) => {
      socket.addEventListener("message", ({ data }) => String(data).includes("event-one") && resolve());
    });
    socket.send(JSON.stringify({ type: "cart_event", id: "event-one", payload: { a: 1 } }));
    await answered;
    socket.close();
    expect(ofKind(await traced.finish(), "consumer")).toMatchObject([
      { failed: true, attributes: { "error.type": "upstream_invalid" } },
    ]);
  });

  test("that fails is logged with its call's request id and trace", async () => {
    await using upstream = startUpstream(() => new Response("no", { status: 500 }));
    await using traced = await startTracedGateway(hubTo(upstream.url, { batch: { max: 1, waitMs: 1 } }));
    const socket = await connect(traced.gateway.url);
    socket.send(JSON.stringify({ type: "cart_event", id: "event-one", payload: { a: 1 } }));
    const { headers } = await upstream.seen.next();
    const failed = (): Readonly<Record<string, unknown>> | undefined =>
      traced.gateway.log.lines.find(({ message }) => message === "a batch failed");
    await waitUntil(() => failed() !== undefined);
    socket.close();
    expect(failed()).toMatchObject({
      requestId: headers.get("x-request-id"),
      traceId: headers.get("traceparent")?.slice(3, 35),
    });
  });
});
