import { expect, test } from "bun:test";
import { serverEnvironment } from "../environment/server-environment.ts";
import { openService } from "./open-service.ts";
import { type SpawnedProcess, spawnScript, startOtlpCollector } from "@libs/testing";

const fixture = `${import.meta.dir}/../../test/fixture-service.ts`;

async function urlOf(app: SpawnedProcess): Promise<string> {
  const line = await app.lines.find((text) => text.includes("fixture listens"));
  return (JSON.parse(line) as { url: string }).url;
}

test("a process built from its environment serves, reports its version, and exports its last spans before it exits", async () => {
  await using collector = startOtlpCollector();
  await using app = spawnScript(fixture, [], {
    env: {
      HOST: "127.0.0.1",
      GIT_COMMIT: "abc123",
      LOG_LEVEL: "debug",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=a%20key",
      TRACE_SAMPLE_RATIO: "1",
    },
  });
  const url = await urlOf(app);
  expect(await (await fetch(`${url}/level`)).text()).toBe("debug");
  expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ version: "1.2.3", commit: "abc123" });
  app.kill("SIGTERM");
  expect(await app.exited).toBe(0);
  expect(app.lines.all.some((line) => line.includes("stores closed"))).toBe(true);
  expect(collector.spans.all.map(({ service, name }) => [service, name])).toContainEqual([
    "fixture",
    "GET /level",
  ]);
  expect(collector.exports.all[0]?.headers.get("x-collector-key")).toBe("a key");
});

test("METRICS_LINES_MAX bounds the lines of the metrics", async () => {
  const { telemetry } = openService(
    { name: "fixture", version: "1.2.3", environment: serverEnvironment(3999) },
    { LOG_LEVEL: "silent", METRICS_LINES_MAX: "1000" },
  );
  const labels = ["part"] as const;
  const parts = telemetry.metrics.gauge({ name: "cartway_parts", help: "Parts.", labels, seriesMax: 5000 });
  for (let part = 0; part < 2000; part += 1) parts.with({ part: String(part) }).set(1);
  const text = await telemetry.metrics.render();
  telemetry.metrics.close();
  expect(text.match(/^cartway_parts\{/gm)?.length).toBeWithin(900, 1001);
  expect(text).toContain('cartway_parts{part="__other__"} 1');
});

test("invalid headers for the collector end the process before it starts, and are not shown", async () => {
  await using app = spawnScript(fixture, [], { env: { OTEL_EXPORTER_OTLP_HEADERS: "s3cr3t" } });
  expect(await app.exited).toBe(1);
  expect(app.errors.all.join()).toContain("OTEL_EXPORTER_OTLP_HEADERS: its value is not name=value pairs");
  expect(app.errors.all.join()).not.toContain("s3cr3t");
});

test("an app's config and dependencies are built from its environment, with a no-op tracer without a collector", () => {
  const { env, settings, telemetry } = openService(
    { name: "fixture", version: "1.2.3", environment: serverEnvironment(3999) },
    { HOST: "127.0.0.1", LOG_LEVEL: "silent", BUILD_TIME: "2026-11-21", DRAIN_DEADLINE_MS: "5" },
  );
  expect(env.TRACE_SAMPLE_RATIO).toBe(0.1);
  expect(settings).toEqual({
    port: 3999,
    hostname: "127.0.0.1",
    version: "1.2.3",
    commit: null,
    builtAt: "2026-11-21",
    drain: { noticeMs: 0, deadlineMs: 5 },
  });
  expect(telemetry.tracer?.enabled).toBe(false);
  telemetry.metrics.close();
});
