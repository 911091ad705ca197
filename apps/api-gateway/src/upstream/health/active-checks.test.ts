import { expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { waitUntil } from "@libs/testing";
import { createFetchClient } from "../client/fetch-client.ts";
import { createServiceMetrics } from "../service-metrics.ts";
import { createTarget } from "../target.ts";
import { startActiveChecks } from "./active-checks.ts";

test("a target that fails its checks gets no requests until it passes them again", async () => {
  let status = 200;
  const server = Bun.serve({ port: 0, fetch: () => new Response("x", { status }) });
  const target = createTarget({ id: "t", protocol: "http", host: "127.0.0.1", port: server.port ?? 0 }, 1);
  const log = createMemoryLogger();
  const end = startActiveChecks(
    { path: "/healthz", intervalMs: 1, timeoutMs: 2000, rise: 2, fall: 2 },
    {
      service: "s",
      targets: [target],
      client: createFetchClient(),
      metrics: createServiceMetrics(createMetrics({ service: "t", processMetrics: false }), "s"),
      logger: log.logger,
    },
  );
  status = 503;
  await waitUntil(() => !target.healthy, { what: "the target to be taken out" });
  status = 200;
  await waitUntil(() => target.healthy, { what: "the target to be taken back" });
  end();
  expect(log.lines.map((line) => line["level"])).toEqual(["warn", "info"]);
  await server.stop(true);
});

test("a target that nobody listens on is unwell", async () => {
  const target = createTarget({ id: "t", protocol: "http", host: "127.0.0.1", port: 1 }, 1);
  const end = startActiveChecks(
    { path: "/", intervalMs: 1, timeoutMs: 500, rise: 1, fall: 1 },
    {
      service: "s",
      targets: [target],
      client: createFetchClient(),
      metrics: createServiceMetrics(createMetrics({ service: "t", processMetrics: false }), "s"),
      logger: createMemoryLogger().logger,
    },
  );
  await waitUntil(() => !target.healthy);
  end();
});
