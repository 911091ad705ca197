import { expect, test } from "bun:test";
import { freePort, waitUntil } from "@libs/testing";
import { signDebugPass } from "../../src/telemetry/debug/debug-pass.ts";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startTracedGateway } from "../support/start-traced-gateway.ts";
import { openClient } from "./socket-client.ts";
import { startSocketService } from "./socket-service.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

test("each attempt of an upgrade is counted, logged with its times, and a span whose context its service gets", async () => {
  await using service = startSocketService();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  await using traced = await startTracedGateway({
    server: { accessLog: { sampleRatio: 1 } },
    services: { chat: serviceAt([nowhere, service.url]) },
    routes: [{ id: "chat", match: { path: "/chat" }, service: "chat", websocket: true }],
  });
  const { gateway } = traced;
  // two, of which at least one begins with the target that is not there
  for (let count = 0; count < 2; count += 1) {
    await using client = await openClient(`${gateway.url}/chat?key=s3cr3t`, { headers: { traceparent } });
    client.send("x");
    await client.messages.next();
  }
  await service.closes.atLeast(2);
  const spans = await traced.finish();
  const servers = spans.filter(({ kind }) => kind === "server");
  const clients = spans.filter(({ kind }) => kind === "client");
  expect(servers).toHaveLength(2);
  for (const { parentSpanId } of clients)
    expect(servers.map(({ spanId }) => spanId)).toContain(parentSpanId ?? "");
  const open = clients.filter((span) => !span.failed);
  const failed = clients.length - open.length;
  expect(failed).toBeGreaterThan(0);
  expect(service.upgrades.all.map(({ headers }) => headers.get("traceparent"))).toEqual(
    open.map(({ spanId }) => `00-${traceId}-${spanId}-01`),
  );
  expect(open[0]?.attributes).toMatchObject({
    "http.request.method": "GET",
    "http.response.status_code": 101,
    "url.full": `${service.url}/chat`,
  });
  expect(clients.find((span) => span.failed)?.attributes).toMatchObject({
    "error.type": "connect",
    "url.full": `${nowhere}/chat`,
  });

  const metrics = await gateway.metrics.render();
  for (const line of [
    'cartway_upstream_attempts_total{service="chat",outcome="answered"} 2',
    `cartway_upstream_attempts_total{service="chat",outcome="connect"} ${failed}`,
    `cartway_upstream_retries_total{service="chat"} ${failed}`,
  ])
    expect(metrics).toContain(line);
  const lines = gateway.log.lines.filter(({ status }) => status === 101);
  expect(lines.reduce((sum, { attempts }) => sum + Number(attempts), 0)).toBe(clients.length);
  for (const line of lines) {
    expect(line["connectMs"]).toBeGreaterThan(0);
    expect(line["firstByteMs"]).toBeGreaterThan(0);
  }
});

test("the access log has the bytes of its messages, both ways", async () => {
  await using service = startSocketService({ onMessage: (socket) => socket.send("some more") });
  await using gateway = await startGateway({
    server: { accessLog: { sampleRatio: 1 } },
    services: { chat: serviceAt(service.url) },
    routes: [{ id: "chat", match: { path: "/chat" }, service: "chat", websocket: true }],
  });
  const client = await openClient(`${gateway.url}/chat`);
  for (const message of ["four", Buffer.from("7 bytes")]) {
    client.send(message);
    await client.messages.next();
  }
  await client[Symbol.asyncDispose]();
  const { lines } = gateway.log;
  await waitUntil(() => lines.some(({ status }) => status === 101), { what: "the line" });
  const line = lines.find(({ status }) => status === 101);
  expect([line?.["requestBytes"], line?.["responseBytes"]]).toEqual([11, 18]);
});

test("the decisions about an upgrade include the choice of its target and the attempt", async () => {
  await using service = startSocketService({ refusal: () => new Response("no", { status: 403 }) });
  const secret = "d".repeat(32);
  await using gateway = await startGateway(
    {
      server: { debug: { secret: { env: "DEBUG_SECRET" } } },
      services: { chat: serviceAt(service.url) },
      routes: [{ id: "chat", match: { path: "/chat" }, service: "chat", websocket: true }],
    },
    { env: { DEBUG_SECRET: secret } },
  );
  const answer = await fetch(`${gateway.url}/chat`, {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "x-cartway-debug": signDebugPass(secret, Math.floor(Date.now() / 1000) + 60),
    },
  });
  expect(answer.status).toBe(403);
  expect(JSON.parse(answer.headers.get("x-cartway-debug-decisions") ?? "")).toMatchObject([
    { step: "pick", service: "chat", candidates: [{}] },
    { step: "attempt", number: 1, outcome: "answered", status: 403, retried: false },
  ]);
});
