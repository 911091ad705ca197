import { describe, expect, test } from "bun:test";
import { freePort, startOtlpCollector } from "@libs/testing";
import { createMemoryLogger } from "../logging/memory-logger.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import { createTracer } from "./create-tracer.ts";
import { noopTracer } from "./noop-tracer.ts";
import { parseTraceparent } from "./trace-context.ts";
import { tracedFetch } from "./traced-fetch.ts";

const parent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

const request = () => ({
  method: "POST",
  headers: { "content-type": "text/plain" },
  body: "x",
  signal: new AbortController().signal,
});

/** A service that tells what context it was given. */
const startEcho = (status = 200) =>
  Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ headers }) => new Response(headers.get("traceparent"), { status }),
  });

function tracerTo(endpoint: string) {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  return createTracer({ service: "test", endpoint, logger: createMemoryLogger().logger, metrics });
}

describe("a traced call", () => {
  test("has a client span, propagated to the service, without the query", async () => {
    await using collector = startOtlpCollector();
    await using echo = startEcho(404);
    const tracer = tracerTo(collector.url);
    const url = `http://127.0.0.1:${echo.port}/predict?token=s3cr3t`;
    const told = await (await tracedFetch(tracer, parent, url, request())).text();
    await tracer.close();
    const span = await collector.spans.next();
    expect(told).toBe(`00-${parent?.traceId}-${span.spanId}-01`);
    expect(span).toMatchObject({
      kind: "client",
      parentSpanId: parent?.spanId,
      failed: true,
      attributes: {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "server.port": echo.port,
        "url.full": `http://127.0.0.1:${echo.port}/predict`,
        "http.response.status_code": 404,
        "error.type": "404",
      },
    });
  });

  test("that cannot connect has a failed span, and rejects", async () => {
    await using collector = startOtlpCollector();
    const tracer = tracerTo(collector.url);
    const call = tracedFetch(tracer, parent, `http://127.0.0.1:${await freePort()}/`, request());
    await expect(call).rejects.toThrow();
    await tracer.close();
    expect(await collector.spans.next()).toMatchObject({ failed: true, events: ["exception"] });
  });
});

test("an untraced call sends no context", async () => {
  await using echo = startEcho();
  const response = await tracedFetch(noopTracer, parent, `http://127.0.0.1:${echo.port}/`, request());
  expect(await response.text()).toBe("");
});
