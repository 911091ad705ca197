import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ClickHouseClient, openClickHouse } from "@libs/database";
import {
  checkMetrics,
  createTemporaryDirectory,
  type OtlpCollector,
  promtool,
  type RunningProcesses,
  type ServerProcess,
  serverUrl,
  startClickHouse,
  startOtlpCollector,
  startProcesses,
  type TemporaryDirectory,
  waitUntil,
} from "@libs/testing";
import { openSocket, type SocketClient } from "./support/socket-client.ts";

const databaseUrl = serverUrl("postgresql");
const redisUrl = serverUrl("redis");
const missing = databaseUrl === null || redisUrl === null;

describe.skipIf(missing)(
  `one process an app on real servers${missing ? " (set DATABASE_URL and REDIS_URL to run it)" : ""}`,
  () => {
    let directory: TemporaryDirectory;
    let engine: ServerProcess | null;
    let collector: OtlpCollector;
    let processes: RunningProcesses;
    let clickhouse: ClickHouseClient;
    let socket: SocketClient;
    let count = 0;
    const sessionId = crypto.randomUUID();

    beforeAll(async () => {
      directory = await createTemporaryDirectory();
      engine = await startClickHouse({ directory: directory.path, durable: true });
      const clickhouseUrl = engine?.url ?? "";
      collector = startOtlpCollector();
      processes = await startProcesses({
        databaseUrl: databaseUrl ?? "",
        redisUrl: redisUrl ?? "",
        clickhouseUrl,
        environment: {
          RECOVERY_IDLE_MS: "1500",
          RECOVERY_PROBABILITY_MIN: "0",
          ADMIN_PASSWORD: "correct horse battery",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          TRACE_SAMPLE_RATIO: "1",
        },
      });
      clickhouse = await openClickHouse({ url: clickhouseUrl });
      socket = await openSocket(`${processes.url("api-gateway").replace("http", "ws")}/ws`);
    }, 120_000);

    afterAll(async () => {
      socket?.close();
      await clickhouse?.close();
      await processes?.stopAll();
      engine?.process.kill();
      await engine?.process.exited;
      await collector?.[Symbol.asyncDispose]();
      await directory?.remove();
    }, 60_000);

    function event(fields: object = {}) {
      count += 1;
      return {
        type: "cart_event",
        id: `event-${count}`,
        sessionId,
        payload: { type: "view_page", page: { kind: "product", durationMs: 10 }, ...fields },
      };
    }

    async function rowsOf(id: string): Promise<number> {
      const [row] = await clickhouse.query<{ n: number }>(
        "SELECT toUInt32(count()) AS n FROM events WHERE id = {id:String}",
        { id },
      );
      return row?.n ?? 0;
    }

    async function health(): Promise<{
      readonly status: string;
      readonly services: Readonly<Record<string, { readonly status: string }>>;
    }> {
      const response = await fetch(`${processes.url("api-gateway")}/health`);
      return (await response.json()) as Awaited<ReturnType<typeof health>>;
    }

    test("an acknowledged event is in ClickHouse exactly once, however often it is sent", async () => {
      const frame = event();
      expect(await socket.ask(frame)).toMatchObject({ type: "ack" });
      expect(await socket.ask(frame)).toMatchObject({ type: "ack" });
      expect(await rowsOf(frame.id)).toBe(1);
    });

    test("an abandoned cart's message reaches the shopper's room through Redis", async () => {
      await socket.ask({ type: "join_room", id: "join", sessionId, payload: { room: `cart:${sessionId}` } });
      const items = [{ sku: "A", name: "Mug", quantity: 1, priceMinor: 1999 }];
      expect(
        await socket.ask(event({ type: "add_to_cart", cartId: `cart-${sessionId}`, currency: "EUR", items })),
      ).toMatchObject({ type: "ack" });
      const risk = await socket.frames.find((frame) => frame.type === "cart_at_risk", { timeoutMs: 30_000 });
      expect(risk.payload).toMatchObject({ probability: expect.any(Number), reasons: expect.any(Array) });
      const message = await socket.frames.find((frame) => frame.type === "recovery_message", {
        timeoutMs: 30_000,
      });
      expect(message.payload).toMatchObject({ provider: "template", body: expect.stringContaining("Mug") });
    }, 60_000);

    test("a process that stops exports its last spans first", async () => {
      const traceId = crypto.randomUUID().replaceAll("-", "");
      const version = `${processes.url("prediction")}/version`;
      await fetch(version, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
      await processes.stop("prediction");
      expect(collector.spans.all.find((span) => span.traceId === traceId)).toMatchObject({
        service: "prediction",
        name: "GET /version",
      });
      await processes.start("prediction");
    }, 30_000);

    test("an event is one trace from the gateway's process to ingestion's", async () => {
      expect(await socket.ask(event())).toMatchObject({ type: "ack" });
      const batch = await collector.spans.find((span) => span.name === "process cart_event");
      const call = await collector.spans.find((span) => span.parentSpanId === batch.spanId);
      const served = await collector.spans.find((span) => span.parentSpanId === call.spanId);
      expect([batch, call, served].map(({ service }) => service)).toEqual([
        "api-gateway",
        "api-gateway",
        "ingestion",
      ]);
      expect(served).toMatchObject({ name: "POST /events", traceId: batch.traceId });
    }, 30_000);

    test("while ingestion is down nothing is acknowledged and /health names it; afterwards events flow again", async () => {
      const isHealthy = async () => (await health()).status === "healthy";
      await waitUntil(isHealthy, { timeoutMs: 20_000, what: "every part to answer" });
      expect(await processes.stop("ingestion")).toBe(0);
      const frame = event();
      expect(await socket.ask(frame)).toMatchObject({ type: "error", error: { retryable: true } });
      await waitUntil(
        async () => {
          const report = await health();
          return report.status === "degraded" && report.services["ingestion"]?.status === "down";
        },
        { timeoutMs: 5000 },
      );
      await processes.start("ingestion");
      await waitUntil(async () => (await socket.ask(frame)).type === "ack", {
        timeoutMs: 20_000,
        what: "the flow to resume",
      });
      expect(await rowsOf(frame.id)).toBe(1);
      await waitUntil(isHealthy, { timeoutMs: 20_000, what: "every part to answer again" });
    }, 60_000);

    test("a service publishes through the gateway with a token, and not without", async () => {
      const url = processes.url("api-gateway");
      const json = { "content-type": "application/json" };
      const login = await fetch(`${url}/auth/login`, {
        method: "POST",
        headers: json,
        body: JSON.stringify({ email: "admin@cartway.local", password: "correct horse battery" }),
      });
      const { accessToken } = (await login.json()) as { accessToken: string };
      const predict = (headers: Record<string, string>) =>
        fetch(`${url}/api/predict`, {
          method: "POST",
          headers: { ...json, ...headers },
          body: JSON.stringify({ sessionId }),
        });
      expect((await predict({})).status).toBe(401);
      const answer = await predict({ authorization: `Bearer ${accessToken}` });
      expect(await answer.json()).toMatchObject({
        probability: expect.any(Number),
        model: expect.any(String),
      });
    });

    test.skipIf(promtool === null)(
      "every app's metrics pass promtool (install prometheus to run it)",
      async () => {
        for (const app of ["api-gateway", "ingestion", "prediction", "ai-engine", "fleet"] as const) {
          const text = await (await fetch(`${processes.url(app)}/metrics`)).text();
          expect([app, await checkMetrics(text)]).toEqual([app, []]);
        }
      },
    );
  },
);
