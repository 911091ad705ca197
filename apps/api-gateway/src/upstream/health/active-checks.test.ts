import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { waitUntil } from "@libs/testing";
import { createFetchClient } from "../client/fetch-client.ts";
import { Target } from "../targets/target.ts";
import { ActiveChecks } from "./active-checks.ts";
import { UnhealthyTargets } from "./unhealthy-targets.ts";
import type { HealthSettings } from "./health-schema.ts";

function checked(port: number, settings: HealthSettings) {
  const upstream = { id: "t", protocol: "http", host: "127.0.0.1", port } as const;
  const target = new Target({ upstream, weight: 1, priority: 0, zone: null });
  const log = createMemoryLogger();
  let refreshes = 0;
  const checks = new ActiveChecks(settings, {
    service: "s",
    client: createFetchClient(),
    logger: log.logger,
    random: Math.random,
    unhealthy: new UnhealthyTargets(),
    refresh: () => void (refreshes += 1),
  });
  checks.start();
  checks.added(target);
  return { target, log, checks, refreshes: () => refreshes };
}

test("a target that fails its checks gets no requests until it passes again", async () => {
  let status = 200;
  const server = Bun.serve({ port: 0, fetch: () => new Response("x", { status }) });
  const settings = { path: "/healthz", intervalMs: 1, timeoutMs: 2000, rise: 2, fall: 2 };
  const { target, log, checks, refreshes } = checked(server.port ?? 0, settings);
  status = 503;
  await waitUntil(() => !target.isHealthy, { what: "the target to be taken out" });
  status = 200;
  await waitUntil(() => target.isHealthy, { what: "the target to be taken back" });
  checks.removed(target);
  expect(log.lines.map((line) => line["level"])).toEqual(["warn", "info"]);
  expect(refreshes()).toBe(2);
  await server.stop(true);
});

test("a target that refuses connections fails its checks", async () => {
  const { target, checks } = checked(1, { path: "/", intervalMs: 1, timeoutMs: 500, rise: 1, fall: 1 });
  await waitUntil(() => !target.isHealthy);
  checks.removed(target);
});

test("checks that were stopped leave what they found, and go on for all targets once started", async () => {
  let status = 503;
  const server = Bun.serve({ port: 0, fetch: () => new Response("x", { status }) });
  const settings = { path: "/", intervalMs: 1, timeoutMs: 2000, rise: 1, fall: 1 };
  const { target, checks } = checked(server.port ?? 0, settings);
  await waitUntil(() => !target.isHealthy);
  checks.stop();
  const added = new Target({ upstream: target.upstream, weight: 1, priority: 0, zone: null });
  checks.added(added);
  expect([target.isHealthy, added.isHealthy]).toEqual([false, false]);
  status = 200;
  checks.start();
  await waitUntil(() => target.isHealthy && added.isHealthy);
  for (const each of [target, added]) checks.removed(each);
  await server.stop(true);
});
