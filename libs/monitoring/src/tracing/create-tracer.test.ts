import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createEventLog, type EventLog } from "@libs/testing";
import { createMemoryLogger, type MemoryLogger } from "../logging/memory-logger.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { createTracer, type TracerOptions } from "./create-tracer.ts";
import { parseTraceparent } from "./trace-context.ts";

interface Export {
  readonly path: string;
  readonly authorization: string | null;
  readonly spans: readonly OtlpSpan[];
}

/** As much of OTLP's JSON as is looked at here. */
interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
  readonly events: readonly unknown[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

let exports: EventLog<Export>;
let collector: Bun.Server<undefined>;
let answerStatus: number;
let log: MemoryLogger;
let metrics: Metrics;

beforeEach(() => {
  exports = createEventLog();
  answerStatus = 200;
  log = createMemoryLogger();
  metrics = createMetrics({ service: "test", processMetrics: false });
  collector = Bun.serve({
    port: 0,
    async fetch(request) {
      const body = (await request.json()) as OtlpBody;
      exports.push({
        path: new URL(request.url).pathname,
        authorization: request.headers.get("authorization"),
        spans: body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      });
      return Response.json({}, { status: answerStatus });
    },
  });
});

afterEach(() => collector.stop(true));

function options(more: Partial<TracerOptions> = {}): TracerOptions {
  const endpoint = `http://127.0.0.1:${collector.port}`;
  return { service: "test", endpoint, sampleRatio: 1, logger: log.logger, metrics, ...more };
}

const sampledParent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b");
const unsampledParent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

describe("a tracer with a collector", () => {
  test("exports spans with their parent, kind and attributes, and redacts what they say", async () => {
    const tracer = await createTracer(options({ headers: { authorization: "Basic collector" } }));
    const span = tracer.startSpan("GET /carts/:id", {
      kind: "server",
      parent: sampledParent,
      attributes: { "http.route": "/carts/:id" },
      startTimeMs: Date.now() - 5,
    });
    span.setAttribute("mail", "to a.shopper@example.com");
    span.setAttribute("status", 502);
    span.fail(new Error("postgres://cartway:hunter2@db/cartway is down"));
    span.end();
    const child = tracer.startSpan("call", { parent: span.context });
    child.fail("thrown text");
    child.end();
    await tracer.close();

    const { path, authorization, spans } = await exports.next();
    expect(path).toBe("/v1/traces");
    expect(authorization).toBe("Basic collector");
    expect(spans).toHaveLength(2);
    expect(spans[0]).toMatchObject({
      name: "GET /carts/:id",
      traceId: sampledParent?.traceId,
      parentSpanId: sampledParent?.spanId,
      kind: 2,
      status: { code: 2, message: "postgres://cartway:[redacted]@db/cartway is down" },
    });
    expect(spans[0]?.attributes).toContainEqual({ key: "mail", value: { stringValue: "to [redacted]" } });
    expect(spans[1]).toMatchObject({ name: "call", parentSpanId: spans[0]?.spanId, kind: 1 });
    expect(JSON.stringify(spans)).not.toContain("hunter2");
    expect(span.context).toMatchObject({ sampled: true, tracestate: "a=b" });
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="exported"} 2');
  });

  test("keeps the caller's decision not to record, whatever the ratio", async () => {
    const tracer = await createTracer(options());
    const span = tracer.startSpan("unseen", { parent: unsampledParent });
    span.end();
    await tracer.close();
    expect(span.recording).toBe(false);
    expect(span.context).toMatchObject({ traceId: unsampledParent?.traceId, sampled: false });
    expect(exports.all).toHaveLength(0);
  });

  test("records traces begun here by the ratio", async () => {
    const never = await createTracer(options({ sampleRatio: 0 }));
    expect(never.startSpan("root", { parent: null }).recording).toBe(false);
    const always = await createTracer(options({ sampleRatio: 1 }));
    expect(always.startSpan("root", { parent: null }).context?.traceId).toMatch(/^[0-9a-f]{32}$/);
    await Promise.all([never.close(), always.close()]);
  });

  test("a collector that refuses costs spans and one line of the log, nothing else", async () => {
    answerStatus = 400;
    const tracer = await createTracer(options());
    tracer.startSpan("lost", { parent: null }).end();
    await tracer.close();
    expect(log.lines.filter(({ message }) => message === "spans cannot be exported")).toHaveLength(1);
    expect(await metrics.render()).toContain('cartway_trace_spans_total{outcome="lost"} 1');
  });
});

describe("without a collector", () => {
  test("nothing is traced and every span is the same object", async () => {
    const tracer = await createTracer(options({ endpoint: null }));
    const span = tracer.startSpan("a", { parent: sampledParent });
    span.setAttribute("name", "value");
    span.fail(new Error("broken"));
    span.end();
    expect(tracer.enabled).toBe(false);
    expect(span.context).toBeNull();
    expect(tracer.startSpan("b", { parent: null })).toBe(span);
    await tracer.close();
  });

  test("the OpenTelemetry SDK is not even loaded", () => {
    const script = `
      const { createTracer, createMemoryLogger, createMetrics } = await import(${JSON.stringify(`${import.meta.dir}/../index.ts`)});
      const metrics = createMetrics({ service: "x", processMetrics: false });
      const loaded = () => Object.keys(require.cache).some((path) => path.includes("@opentelemetry/sdk-trace"));
      await createTracer({ service: "x", endpoint: null, logger: createMemoryLogger().logger, metrics });
      console.log(loaded());
      await createTracer({ service: "x", endpoint: "http://127.0.0.1:1", logger: createMemoryLogger().logger, metrics });
      console.log(loaded());
      process.exit(0);`;
    const { stdout } = Bun.spawnSync([process.execPath, "-e", script]);
    expect(stdout.toString().trim().split("\n")).toEqual(["false", "true"]);
  });
});
