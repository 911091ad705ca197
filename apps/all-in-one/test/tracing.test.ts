import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTracer } from "@libs/monitoring";
import { type CollectedSpan, openingLimitMs, type OtlpCollector, startOtlpCollector } from "@libs/testing";
import { openSocket } from "./support/socket-client.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";

let collector: OtlpCollector;
let running: TestPlatform;
let token: string;

beforeAll(async () => {
  collector = startOtlpCollector();
  running = await startTestPlatform(
    { recovery: { idleMs: 1000, probabilityMin: 0 } },
    {
      openTracer: (options) => createTracer({ ...options, endpoint: collector.url, sampleRatio: 1 }),
    },
  );
  const login = await fetch(`${running.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(running.admin),
  });
  ({ accessToken: token } = (await login.json()) as { accessToken: string });
}, openingLimitMs);

afterAll(async () => {
  await running.stop();
  await collector[Symbol.asyncDispose]();
});

const spanOf = (matches: (span: CollectedSpan) => boolean): Promise<CollectedSpan> =>
  collector.spans.find(matches);

test("an event over HTTP is one trace, from the caller through the gateway to ingestion", async () => {
  const response = await fetch(`${running.url}/api/events`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      traceparent: `00-${traceId}-${callerSpan}-01`,
    },
    body: JSON.stringify({ id: "traced-0001", type: "view_page", sessionId: "s-1" }),
  });
  expect(response.status).toBe(200);
  const ingestion = await spanOf((span) => span.traceId === traceId && span.service === "ingestion");
  const client = await spanOf((span) => span.spanId === ingestion.parentSpanId);
  const gateway = await spanOf((span) => span.spanId === client.parentSpanId);
  expect(ingestion).toMatchObject({ name: "POST /events", kind: "server" });
  expect(client).toMatchObject({ service: "api-gateway", kind: "client", traceId });
  expect(gateway).toMatchObject({
    service: "api-gateway",
    kind: "server",
    traceId,
    parentSpanId: callerSpan,
  });
  expect(response.headers.get("traceparent")).toBe(`00-${traceId}-${gateway.spanId}-01`);
});

test("an event over the WebSocket is part of its batch's trace, through to ingestion", async () => {
  const socket = await openSocket(`${running.url.replace("http", "ws")}/ws`);
  const frame = { type: "cart_event", id: "traced-0002", sessionId: "s-2", payload: { type: "view_page" } };
  expect(await socket.ask(frame)).toMatchObject({ type: "ack" });
  socket.close();
  const batch = await spanOf((span) => span.name === "process cart_event");
  const client = await spanOf((span) => span.parentSpanId === batch.spanId);
  const ingestion = await spanOf((span) => span.parentSpanId === client.spanId);
  expect(batch).toMatchObject({ kind: "consumer", parentSpanId: null });
  expect(ingestion).toMatchObject({ service: "ingestion", name: "POST /events", traceId: batch.traceId });
});

test("a cart's recovery is one trace, through prediction and the ai-engine", async () => {
  const socket = await openSocket(`${running.url.replace("http", "ws")}/ws`);
  const items = [{ sku: "A-1", quantity: 1, priceMinor: 1999 }];
  const payload = { type: "add_to_cart", cartId: "traced-cart", currency: "EUR", items };
  const frame = { type: "cart_event", id: "traced-0003", sessionId: "s-3", payload };
  expect(await socket.ask(frame)).toMatchObject({ type: "ack" });
  socket.close();
  const recovery = await spanOf((span) => span.name === "recover cart");
  expect(recovery).toMatchObject({ service: "ingestion", parentSpanId: null, failed: false });
  for (const service of ["prediction", "ai-engine"]) {
    const asked = await spanOf((span) => span.service === service && span.traceId === recovery.traceId);
    const call = await spanOf((span) => span.spanId === asked.parentSpanId);
    expect(call).toMatchObject({ service: "ingestion", kind: "client", parentSpanId: recovery.spanId });
  }
});

test("every app has a tracer of its own", async () => {
  const seen = running.platform.services.map(async ({ address, name }) => {
    await fetch(`${address?.url}/version`);
    return await spanOf((span) => span.service === name && span.name === "GET /version");
  });
  await Promise.all(seen);
});
