import { afterAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { serviceAt } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { startAdminGateway } from "./start-admin.ts";

const upstream = startUpstream();
const admin = await startAdminGateway({
  services: {
    api: serviceAt([upstream.url, { url: "http://127.0.0.1:1", weight: 0 }]),
    zoo: serviceAt("http://127.0.0.1:1"),
  },
  routes: [
    {
      id: "limited",
      match: { path: "/limited/*" },
      service: "api",
      policies: [
        { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 3_600_000 },
        { type: "ip-rules", deny: ["192.0.2.0/24"] },
      ],
    },
    { id: "broken", match: { path: "/broken" }, service: "zoo" },
    { id: "hello", match: { path: "/hello", methods: ["GET"] }, policies: [{ type: "respond" }] },
  ],
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

describe("GET /routes", () => {
  test("lists policies in the order in which they run, with their decisions", async () => {
    await fetch(`${admin.url}/limited/1`);
    await fetch(`${admin.url}/limited/2`);
    const { body } = await admin.ask("GET", "/routes");
    expect(body.routes.map(({ id }: { id: string }) => id)).toEqual(["limited", "broken", "hello"]);
    expect(body.routes[0]).toMatchObject({
      service: "api",
      match: { path: "/limited/*" },
      policies: [
        { type: "ip-rules", phase: "guard", counts: { passed: 2, refused: 0 } },
        { type: "rate-limit", phase: "admit", counts: { passed: 1, refused: 1 } },
      ],
    });
  });

  test("is paged, each page with the cursor of the next", async () => {
    const first = (await admin.ask("GET", "/routes?limit=2")).body;
    expect(first.next).toBe("broken");
    const second = (await admin.ask("GET", `/routes?limit=2&after=${first.next}`)).body;
    expect(second.routes.map(({ id }: { id: string }) => id)).toEqual(["hello"]);
    expect(second.next).toBeNull();
  });

  test.each(["?limit=0", "?limit=501", "?limit=x", "?limits=1"])("refuses %s", async (query) => {
    expect((await admin.ask("GET", `/routes${query}`)).status).toBe(422);
  });
});

test("GET /services returns the state of each target", async () => {
  const { body } = await admin.ask("GET", "/services");
  expect(body.services[0]).toMatchObject({
    id: "api",
    discovery: "static",
    balancer: "round-robin",
    targets: [
      { target: upstream.id, state: "available", weight: 1, inFlight: 0 },
      { target: "127.0.0.1:1", weight: 0 },
    ],
  });
  expect((await admin.ask("GET", "/services?limit=1")).body).toMatchObject({ next: "api" });
});

describe("/explain", () => {
  test("reports where the running config would send a request, and consumes no limit", async () => {
    const asked = "/explain?method=get&url=/limited/1";
    for (let count = 0; count < 3; count += 1) {
      const { body } = await admin.ask("GET", asked);
      expect(body).toMatchObject({
        route: { id: "limited" },
        ending: { kind: "refused", by: "rate-limit", status: 429 },
        policies: [{ policy: "ip-rules" }, { policy: "rate-limit", inputs: { key: "ip 127.0.0.1" } }],
      });
    }
  });

  test("notes that a service's breaker is open, while its targets can be used", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using other = await startAdminGateway({
      services: { failing: serviceAt(failing.url, { breaker: { service: { failuresInARow: 1 } } }) },
      routes: [{ id: "failing", match: { path: "/failing" }, service: "failing" }],
    });
    const notes = async () => (await other.ask("GET", "/explain?url=/failing")).body.notes;
    expect(await notes()).toEqual([]);
    await fetch(`${other.url}/failing`);
    expect(await notes()).toEqual(["the breaker of failing is open"]);
    expect((await fetch(`${other.url}/failing`)).status).toBe(503);
  });

  test("accepts headers, an address and an assumed caller in a body", async () => {
    const { body } = await admin.ask("POST", "/explain", {
      method: "GET",
      url: "http://shop.test/limited/1",
      headers: [["x-a", "b"]],
      peerIp: "192.0.2.7",
      caller: { subject: "ana" },
    });
    expect(body).toMatchObject({
      request: { host: "shop.test", clientIp: "192.0.2.7" },
      ending: { by: "ip-rules" },
      policies: [{ counterfactual: "an address outside deny" }],
    });
    expect((await admin.ask("POST", "/explain", { method: "GET" })).status).toBe(422);
  });
});

describe("GET /decisions", () => {
  test("lists refused requests, latest first, with the reason and what would have changed it", async () => {
    const refused = await fetch(`${admin.url}/limited/3?token=secret`, {
      headers: { "x-request-id": "asked-by-the-test-1" },
    });
    expect(refused.status).toBe(429);
    await fetch(`${admin.url}/broken`);
    await fetch(`${admin.url}/hello`);
    const { decisions } = (await admin.ask("GET", "/decisions?limit=2")).body;
    expect(decisions[0]).toMatchObject({
      route: "broken",
      status: 502,
      code: "upstream_unreachable",
      policy: null,
      verdict: null,
    });
    expect(decisions[1]).toMatchObject({
      requestId: "asked-by-the-test-1",
      method: "GET",
      path: "/limited/3",
      route: "limited",
      clientIp: "127.0.0.1",
      status: 429,
      code: "rate_limited",
      policy: "rate-limit",
      verdict: {
        inputs: { limit: "route limited ip", key: "ip 127.0.0.1" },
        counterfactual: expect.stringMatching(/^would pass in \d+ ms$/),
      },
    });
    expect(JSON.stringify(decisions)).not.toContain("secret");
  });

  test("can be filtered by route, code, policy and request id", async () => {
    const count = async (query: string) =>
      (await admin.ask("GET", `/decisions?${query}`)).body.decisions.length;
    expect(await count("requestId=asked-by-the-test-1")).toBe(1);
    expect(await count("route=broken")).toBe(1);
    expect(await count("policy=rate-limit&code=rate_limited")).toBeGreaterThan(1);
    expect(await count("route=hello")).toBe(0);
  });
});

describe("limits", () => {
  const bucket = { limit: "route limited ip", key: "ip 127.0.0.1" };

  test("are listed, and a bucket can be inspected and reset, which is audited", async () => {
    const { limits } = (await admin.ask("GET", "/limits")).body;
    expect(limits).toEqual([
      {
        id: bucket.limit,
        store: "in-process",
        rates: [{ name: "default", limit: 1, windowMs: 3_600_000 }],
      },
    ]);
    const query = new URLSearchParams(bucket);
    const before = await admin.ask("GET", `/limits/bucket?${query.toString()}`);
    expect(before.body.buckets).toEqual([
      [{ name: "default", limit: 1, windowMs: 3_600_000, remaining: 0, resetMs: expect.any(Number) }],
    ]);
    const after = await admin.ask("POST", "/limits/reset", bucket);
    expect(after.body.buckets[0][0]).toMatchObject({ remaining: 1 });
    expect((await fetch(`${admin.url}/limited/4`)).status).toBe(200);
    const line = admin.log.lines.find((one) => one["audit"] === "limit.reset");
    expect(line).toMatchObject({
      actor: "the admin token",
      subject: "route limited ip: ip 127.0.0.1",
      before: [[{ remaining: 0 }]],
      after: "full",
    });
  });

  test("that do not exist are reported as such", async () => {
    const query = new URLSearchParams({ limit: "none", key: "x" });
    expect((await admin.ask("GET", `/limits/bucket?${query.toString()}`)).status).toBe(404);
    expect((await admin.ask("POST", "/limits/reset", { limit: "none", key: "x" })).status).toBe(404);
  });
});

describe("/watch", () => {
  test("records all decisions about the next requests of a route, and no others", async () => {
    await admin.ask("POST", "/limits/reset", { limit: "route limited ip", key: "ip 127.0.0.1" });
    const begun = await admin.ask("POST", "/watch", { route: "limited", requests: 2 });
    expect(begun).toMatchObject({ status: 202, body: { left: 2, exchanges: [] } });
    await (await fetch(`${admin.url}/hello`)).text();
    for (const path of ["/limited/a?token=secret", "/limited/b", "/limited/c"])
      await (await fetch(admin.url + path)).text();
    await waitUntil(async () => (await admin.ask("GET", "/watch")).body.exchanges.length === 2);
    const { left, exchanges } = (await admin.ask("GET", "/watch")).body;
    expect(left).toBe(0);
    expect(exchanges[0]).toMatchObject({
      path: "/limited/a",
      route: "limited",
      service: "api",
      status: 200,
      code: null,
      decisions: [
        { step: "policy", policy: "ip-rules", phase: "guard", verdict: "pass" },
        { step: "policy", policy: "rate-limit", verdict: "pass" },
        { step: "pick", service: "api", target: upstream.id, candidates: [{ target: upstream.id }, {}] },
        { step: "attempt", number: 1, outcome: "answered", status: 200 },
      ],
    });
    expect(exchanges[1]).toMatchObject({
      path: "/limited/b",
      status: 429,
      code: "rate_limited",
      decisions: [
        { policy: "ip-rules" },
        { policy: "rate-limit", verdict: "refuse", counterfactual: expect.stringContaining("would pass in") },
      ],
    });
    expect(JSON.stringify(exchanges)).not.toContain("secret");
    expect(admin.log.lines.findLast((line) => line["audit"] === "watch.begin")).toMatchObject({
      subject: "limited",
      after: { requests: 2 },
    });
  });

  test("validates the route and its bounds", async () => {
    expect((await admin.ask("POST", "/watch", { route: "none" })).status).toBe(404);
    expect((await admin.ask("POST", "/watch", { requests: 201 })).status).toBe(422);
    expect((await admin.ask("POST", "/watch", { durationMs: 600_001 })).status).toBe(422);
  });
});
