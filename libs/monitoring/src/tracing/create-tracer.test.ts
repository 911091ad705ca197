import { describe, expect, test } from "bun:test";
import { type OtlpCollector, startOtlpCollector } from "@libs/testing";
import { runWithLogContext } from "../logging/log-context.ts";
import { createMemoryLogger, type MemoryLogger } from "../logging/memory-logger.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { createTracer, type TracerOptions } from "./create-tracer.ts";
import { parseTraceparent } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

interface Traced {
  readonly tracer: Tracer;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
}

function trace(collector: Pick<OtlpCollector, "url"> | null, more: Partial<TracerOptions> = {}): Traced {
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const endpoint = collector?.url ?? null;
  const tracer = createTracer({
    service: "test",
    endpoint,
    sampleRatio: 1,
    logger: log.logger,
    metrics,
    ...more,
  });
  return { tracer, log, metrics };
}

const sampledParent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b");
const unsampledParent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
const root = { parent: null };

describe("a tracer with a collector", () => {
  test("exports spans with their parent, kind and redacted attributes", async () => {
    await using collector = startOtlpCollector();
    const { tracer, metrics } = trace(collector, { headers: { authorization: "Basic collector" } });
    const span = tracer.startSpan("GET", {
      kind: "server",
      parent: sampledParent,
      attributes: { "http.route": "/carts/:id", tried: true },
      startTimeMs: Date.now() - 5,
    });
    span.setName("GET /carts/:id");
    span.setAttribute("mail", "to a.shopper@example.com");
    span.setAttribute("status", 502);
    span.fail("store_unavailable", new Error("postgres://cartway:hunter2@db/cartway is down"));
    span.end();
    const child = tracer.startSpan("call", { parent: span.context });
    child.fail("reset", new Error("thrown text"));
    child.end();
    const answered = tracer.startSpan("answered", { parent: span.context, kind: "client" });
    answered.fail("503");
    answered.end();
    await tracer.close();

    const { path, headers, spans } = await collector.exports.next();
    expect(path).toBe("/v1/traces");
    expect(headers.get("authorization")).toBe("Basic collector");
    expect(spans[0]).toMatchObject({
      service: "test",
      name: "GET /carts/:id",
      traceId: sampledParent?.traceId,
      parentSpanId: sampledParent?.spanId,
      kind: "server",
      failed: true,
      statusMessage: "postgres://cartway:[redacted]@db/cartway is down",
      attributes: {
        "http.route": "/carts/:id",
        tried: true,
        mail: "to [redacted]",
        "error.type": "store_unavailable",
      },
      events: ["exception"],
    });
    const parentSpanId = spans[0]?.spanId;
    expect(spans[1]).toMatchObject({
      name: "call",
      parentSpanId,
      kind: "internal",
      statusMessage: "thrown text",
    });
    expect(spans[2]).toMatchObject({ parentSpanId, failed: true, statusMessage: null, events: [] });
    expect(JSON.stringify(spans)).not.toContain("hunter2");
    expect(span.context).toMatchObject({ sampled: true, tracestate: "a=b" });
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="exported"} 3');
  });

  test("respects a caller's decision not to sample, and passes the caller's context on", async () => {
    await using collector = startOtlpCollector();
    const { tracer } = trace(collector);
    const span = tracer.startSpan("unseen", { parent: unsampledParent });
    span.setName("still unseen");
    span.setAttribute("a", 1);
    span.fail("internal", new Error("nobody hears of it"));
    span.end();
    await tracer.close();
    expect(span.recording).toBe(false);
    expect(span.context).toEqual(unsampledParent);
    expect(collector.exports.all).toHaveLength(0);
  });

  test("samples its own traces by the ratio, and propagates the decision", async () => {
    await using collector = startOtlpCollector();
    const never = trace(collector, { sampleRatio: 0 });
    const unseen = never.tracer.startSpan("root", root);
    expect(unseen.recording).toBe(false);
    expect(unseen.context).toMatchObject({ sampled: false });
    const always = trace(collector, { sampleRatio: 1 });
    const seen = always.tracer.startSpan("root", root);
    expect(seen.context?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(seen.context).toMatchObject({ sampled: true, random: true });
    await Promise.all([never.tracer.close(), always.tracer.close()]);
  });

  test("continues a sampled caller's trace even at a ratio of 0", async () => {
    await using collector = startOtlpCollector();
    const { tracer } = trace(collector, { sampleRatio: 0 });
    tracer.startSpan("below", { parent: sampledParent }).end();
    await tracer.close();
    expect(collector.spans.all[0]).toMatchObject({ name: "below", traceId: sampledParent?.traceId });
  });
});

describe("a failing collector", () => {
  test("that refuses causes lost spans and one log line, nothing else", async () => {
    await using collector = startOtlpCollector(() => new Response("no", { status: 400 }));
    const { tracer, log, metrics } = trace(collector);
    tracer.startSpan("lost", root).end();
    await tracer.close();
    expect(log.lines.filter(({ message }) => message === "spans cannot be exported")).toHaveLength(1);
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="lost"} 1');
  });

  test("that refuses is logged without the id of the request that filled the batch", async () => {
    await using collector = startOtlpCollector(() => new Response("no", { status: 400 }));
    const { tracer, log } = trace(collector);
    await runWithLogContext({ requestId: "r-1", route: "shop" }, async () => {
      tracer.startSpan("lost", root).end();
      await tracer.close();
    });
    const line = log.lines.find(({ message }) => message === "spans cannot be exported");
    expect(line).toBeDefined();
    expect(line).not.toMatchObject({ requestId: "r-1" });
  });

  test("that never answers fills a bounded queue, beyond which spans are dropped and counted", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    await using collector = startOtlpCollector(() => never);
    const { tracer, log, metrics } = trace(collector, { queueMax: 10, closeTimeoutMs: 50 });
    for (let count = 0; count < 25; count += 1) tracer.startSpan("kept or dropped", root).end();
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="dropped"} 15');
    await tracer.close();
    expect(log.lines.map(({ message }) => message)).toContain("the last spans were lost");
  });

  test("that cannot be reached does not prevent an app from stopping", async () => {
    const { tracer, log } = trace({ url: "http://127.0.0.1:1" }, { closeTimeoutMs: 200 });
    tracer.startSpan("lost", root).end();
    await tracer.close();
    expect(log.lines.map(({ message }) => message)).toContain("the last spans were lost");
  });
});

describe("without a collector", () => {
  test("nothing is traced, and all spans are the same object", async () => {
    const { tracer } = trace(null);
    const span = tracer.startSpan("a", { parent: sampledParent });
    span.setName("renamed");
    span.setAttribute("name", "value");
    span.fail("internal", new Error("broken"));
    span.end();
    expect(tracer.enabled).toBe(false);
    expect(span.context).toBeNull();
    expect(tracer.startSpan("b", root)).toBe(span);
    await tracer.close();
  });
});

describe("a busy tracer", () => {
  test("sends one batch at a time, and loses no span within its queue", async () => {
    let open = 0;
    let most = 0;
    await using collector = startOtlpCollector(async () => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return Response.json({});
    });
    const { tracer, metrics } = trace(collector);
    for (let count = 0; count < 2000; count += 1) tracer.startSpan("one of many", root).end();
    await tracer.close();
    expect(collector.spans.all).toHaveLength(2000);
    expect(new Set(collector.spans.all.map(({ spanId }) => spanId)).size).toBe(2000);
    expect(Math.max(...collector.exports.all.map(({ spans }) => spans.length))).toBe(512);
    expect(most).toBe(1);
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="exported"} 2000');
  });

  test("counts spans that end after closing as dropped", async () => {
    await using collector = startOtlpCollector();
    const { tracer, metrics } = trace(collector);
    const late = tracer.startSpan("late", root);
    await tracer.close();
    late.end();
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="dropped"} 1');
  });

  test("logs when the collector is available again", async () => {
    let isWell = false;
    await using collector = startOtlpCollector(() => new Response("{}", { status: isWell ? 200 : 400 }));
    const { tracer, log } = trace(collector);
    for (let count = 0; count < 512; count += 1) tracer.startSpan("lost", root).end();
    await collector.exports.next();
    isWell = true;
    for (let count = 0; count < 512; count += 1) tracer.startSpan("sent", root).end();
    await tracer.close();
    expect(log.lines.map(({ message }) => message)).toEqual([
      "spans cannot be exported",
      "exporting spans has recovered",
    ]);
  });

  test("sends a partial batch after its interval", async () => {
    await using collector = startOtlpCollector();
    const { tracer } = trace(collector);
    tracer.startSpan("alone", root).end();
    expect((await collector.spans.next()).name).toBe("alone");
    await tracer.close();
  });
});
