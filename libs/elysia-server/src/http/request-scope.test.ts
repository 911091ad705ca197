import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import {
  createMemoryLogger,
  createMetrics,
  createTracer,
  type MemoryLogger,
  type Tracer,
} from "@libs/monitoring";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "@libs/testing";
import { Elysia } from "elysia";
import { codeOf, type StartedServer, startServer } from "../../test/start-server.ts";
import type { DirectRoute } from "./direct-routes.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const sampled = `00-${traceId}-${callerSpan}-01`;

let collector: OtlpCollector;
let tracer: Tracer;
let log: MemoryLogger;
let traced: StartedServer;
let spans: readonly CollectedSpan[];

const direct: readonly DirectRoute[] = [
  {
    method: "POST",
    path: "/direct",
    async handle(request) {
      const text = await request.text();
      log.logger.info({ text }, "direct");
      if (text === "refuse") throw new CartwayError("validation_failed");
      return new Response(text);
    },
  },
];

const routes = () =>
  new Elysia()
    .get("/things/:id", ({ params }) => {
      log.logger.info({ id: params.id }, "looked up");
      return params.id;
    })
    .get("/broken", () => {
      throw new Error("the password is hunter2");
    });

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${traced.url}${path}`, { headers });
}

/** Each answer names the span that it came from, so that tests find theirs whatever else was traced. */
const spanOf = (answer: Response): CollectedSpan | undefined =>
  spans.find(({ spanId }) => answer.headers.get("traceparent")?.includes(spanId));

const answers: Record<string, Response> = {};

beforeAll(async () => {
  collector = startOtlpCollector();
  log = createMemoryLogger();
  const metrics = createMetrics({ service: "collected", processMetrics: false });
  tracer = createTracer({
    service: "collected",
    endpoint: collector.url,
    sampleRatio: 1,
    logger: log.logger,
    metrics,
  });
  traced = await startServer({ logger: log.logger, tracer, routes: [routes()], directRoutes: direct });
  answers["called"] = await get("/things/7?token=s3cr3t", { traceparent: sampled, tracestate: "a=b" });
  answers["begun"] = await get("/things/8");
  answers["unsampled"] = await get("/things/9", { traceparent: `00-${traceId}-${callerSpan}-00` });
  answers["broken"] = await get("/broken");
  answers["absent"] = await get("/nowhere/shopper%40example.com");
  const post = (body: string) =>
    fetch(`${traced.url}/direct?q=1`, { method: "POST", body, headers: { "x-request-id": "request-42" } });
  answers["direct"] = await post("hello");
  answers["refused"] = await post("refuse");
  await tracer.close();
  spans = collector.spans.all;
});

afterAll(async () => {
  await traced.server.stop();
  await collector[Symbol.asyncDispose]();
});

const answer = (name: string): Response => answers[name] ?? new Response();

describe("a traced request", () => {
  test("has a server span below its caller's, named by its route, without query", () => {
    expect(spanOf(answer("called"))).toMatchObject({
      service: "collected",
      name: "GET /things/:id",
      kind: "server",
      traceId,
      parentSpanId: callerSpan,
      failed: false,
      attributes: {
        "http.request.method": "GET",
        "http.route": "/things/:id",
        "http.response.status_code": 200,
        "url.path": "/things/7",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
      },
    });
    expect(JSON.stringify(spans)).not.toContain("s3cr3t");
  });

  test("has a response with its trace context, and with the caller's tracestate", () => {
    const { headers } = answer("called");
    expect(headers.get("traceparent")).toMatch(
      new RegExp(`^00-${traceId}-(?!${callerSpan})[0-9a-f]{16}-01$`),
    );
    expect(headers.get("tracestate")).toBe("a=b");
  });

  test("starts a trace if its caller sent none", () => {
    expect(spanOf(answer("begun"))?.parentSpanId).toBeNull();
  });

  test("is not recorded if its caller's parent is not sampled, and the caller's context is returned", () => {
    expect(answer("unsampled").headers.get("traceparent")).toBe(`00-${traceId}-${callerSpan}-00`);
    expect(spans.map(({ attributes }) => attributes["url.path"])).not.toContain("/things/9");
  });

  test("that fails has a failed span without the error's text", () => {
    expect(spanOf(answer("broken"))).toMatchObject({ failed: true, attributes: { "error.type": "500" } });
    expect(JSON.stringify(spans)).not.toContain("hunter2");
  });

  test("without a route has no route attribute, is not failed, and reveals no address", () => {
    const span = spanOf(answer("absent"));
    expect(span).toMatchObject({ name: "GET", failed: false });
    expect(span?.attributes).not.toHaveProperty("http.route");
    expect(span?.attributes["url.path"]).toBe("[redacted]");
  });

  test.each([
    "hostile",
    `${sampled},${sampled}`,
    `00-${traceId.toUpperCase()}-${callerSpan}-01`,
    `00-${"0".repeat(32)}-${callerSpan}-01`,
    `ff-${traceId}-${callerSpan}-01`,
    `${sampled}-${"x".repeat(4000)}`,
  ])("with a hostile traceparent starts another trace: %#", async (traceparent) => {
    const { headers } = await get("/things/1", { traceparent, tracestate: "evil=1" });
    expect(headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
    expect(headers.get("traceparent")).not.toContain(traceId);
    expect(headers.get("tracestate")).toBeNull();
  });

  test("has its trace id in all of its log lines", () => {
    const [line] = log.lines.filter(({ id }) => id === "7");
    expect(line).toMatchObject({ traceId, route: "/things/:id" });
  });
});

describe("a direct route", () => {
  test("is served with the caller's request id, log fields, metrics and span", async () => {
    expect(answer("direct").headers.get("x-request-id")).toBe("request-42");
    const [line] = log.lines.filter(({ text }) => text === "hello");
    expect(line).toMatchObject({ requestId: "request-42", route: "/direct" });
    expect(line?.["traceId"]).toBe(spanOf(answer("direct"))?.traceId);
    expect(spanOf(answer("direct"))?.name).toBe("POST /direct");
    expect(await traced.metrics.render()).toContain(
      'cartway_server_requests_total{route="/direct",status="200"} 1',
    );
  });

  test("renders thrown errors in the envelope", async () => {
    expect(answer("refused").status).toBe(422);
    expect(await codeOf(answer("refused"))).toBe("validation_failed");
  });

  test("serves its own method and path only", async () => {
    expect((await get("/direct")).status).toBe(404);
    const post = await fetch(`${traced.url}/direct/more`, { method: "POST" });
    expect(post.status).toBe(404);
  });
});

describe("without a collector", () => {
  test("log lines still carry the caller's trace id, and no header is created", async () => {
    await using plain = await startServer({ logger: log.logger, routes: [routes()] });
    const { headers } = await fetch(`${plain.url}/things/untraced`, { headers: { traceparent: sampled } });
    expect(headers.get("traceparent")).toBeNull();
    const [line] = log.lines.filter(({ id }) => id === "untraced");
    expect(line?.["traceId"]).toBe(traceId);
  });
});
