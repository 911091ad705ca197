import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { type RunningGateway, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

const startAggregating = (
  services: Readonly<Record<string, string>>,
  parts: object,
): Promise<RunningGateway> =>
  startGateway({
    server: { accessLog: { sampleRatio: 1 } },
    services: Object.fromEntries(Object.entries(services).map(([name, url]) => [name, serviceAt(url)])),
    routes: [{ id: "page", match: { path: "/page", methods: ["GET"] }, aggregate: { parts } }],
  });

async function lineOf({ log }: RunningGateway): Promise<Readonly<Record<string, unknown>>> {
  const lines = () => log.lines.filter((line) => "ended" in line);
  await waitUntil(() => lines().length > 0, { what: "a line of the access log" });
  return lines()[0] ?? {};
}

test("the access log lists each part with its service, outcome, status and duration", async () => {
  await using items = startUpstream(() => Response.json({ name: "Cup" }));
  await using reviews = startUpstream(() => new Response("no", { status: 500 }));
  await using dead = await startRawUpstream((socket) => socket.destroy());
  const services = { items: items.url, reviews: reviews.url, stock: dead.url };
  await using gateway = await startAggregating(services, {
    item: { service: "items", path: "/1" },
    reviews: { service: "reviews", path: "/1", required: false },
    stock: { service: "stock", path: "/1", required: false },
  });
  expect((await fetch(`${gateway.url}/page`)).status).toBe(200);
  const line = await lineOf(gateway);
  const durationMs = expect.any(Number);
  expect(line).toMatchObject({ route: "page", attempts: 3, status: 200, ended: "answered" });
  expect(line["parts"]).toEqual([
    { name: "item", service: "items", outcome: "answered", status: 200, durationMs },
    { name: "reviews", service: "reviews", outcome: "failed", status: 500, durationMs },
    { name: "stock", service: "stock", outcome: "failed", durationMs },
  ]);
  // three were asked at the same time: none of them is the one that answered
  expect([line["service"], line["target"]]).toEqual([undefined, undefined]);
  const metrics = await gateway.metrics.render();
  expect(metrics).toContain('cartway_upstream_attempts_total{service="items",outcome="answered"} 1');
  expect(metrics).toContain('cartway_upstream_attempts_total{service="reviews",outcome="answered"} 1');
  expect(metrics).toContain('cartway_upstream_attempts_total{service="stock",outcome="reset"} 1');
  expect(metrics).toContain(
    'cartway_aggregate_parts_total{route="page",part="stock",service="stock",outcome="failed"} 1',
  );
});

test("a part that was cancelled because another failed is logged as abandoned", async () => {
  await using slow = startHeldUpstream("{}");
  await using failing = startUpstream(async () => {
    await slow.seen.atLeast(1);
    return new Response("no", { status: 500 });
  });
  await using gateway = await startAggregating(
    { slow: slow.url, failing: failing.url },
    { slow: { service: "slow", path: "/1" }, failing: { service: "failing", path: "/1" } },
  );
  expect((await fetch(`${gateway.url}/page`)).status).toBe(502);
  const { parts } = await lineOf(gateway);
  expect(parts).toMatchObject([
    { name: "slow", service: "slow", outcome: "abandoned" },
    { name: "failing", service: "failing", outcome: "failed", status: 500 },
  ]);
});

test("the line of any other request has no parts", async () => {
  await using upstream = startUpstream();
  await using gateway = await startGateway({
    server: { accessLog: { sampleRatio: 1 } },
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
  await (await fetch(gateway.url)).text();
  expect(await lineOf(gateway)).not.toHaveProperty("parts");
});
