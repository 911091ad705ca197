import { afterAll, beforeAll, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { serviceAt } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { type AdminGateway, startAdminGateway } from "./start-admin.ts";

const held = createEventLog<() => void>();
const upstream = startUpstream(async (_request, { path }) => {
  const gate = Promise.withResolvers<void>();
  if (path === "/queued") held.push(gate.resolve);
  else gate.resolve();
  await gate.promise;
  return new Response("{}", {
    headers: { "cache-control": "max-age=600", "content-type": "application/json" },
  });
});
const page = { type: "object", properties: { page: { type: "integer" } } };
const route = (id: string, ...policies: readonly object[]) => ({
  id,
  match: { path: `/${id}` },
  service: "api",
  policies,
});
let admin: AdminGateway;
beforeAll(async () => {
  admin = await startAdminGateway({
    services: { api: serviceAt(upstream.url) },
    routes: [
      route("cached", { type: "cache" }, { type: "compress" }),
      route("queued", { type: "queue", concurrency: 1, waitingMax: 0, by: ["ip"] }),
      route("checked", {
        type: "request-validation",
        query: page,
        body: { type: "object" },
        bodyRequired: false,
      }),
      route("shaped", {
        type: "transform",
        request: { query: { set: { via: "{request.host}" } } },
        response: { body: { remove: ["/secret"] } },
      }),
      route("shared", { type: "cors", origins: ["https://shop.test"] }),
    ],
  });
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function explain(path: string, headers: readonly (readonly [string, string])[] = []) {
  const { body } = await admin.ask("POST", "/explain", { method: "GET", url: admin.url + path, headers });
  return body;
}

test("a cache reports what it has stored, and what it would do", async () => {
  expect((await explain("/cached")).policies[0]).toMatchObject({
    policy: "cache",
    verdict: "pass",
    inputs: { stored: false },
  });
  await (await fetch(`${admin.url}/cached`, { headers: { "accept-encoding": "identity" } })).text();
  const seen = upstream.seen.all.length;
  const { policies } = await explain("/cached", [["accept-encoding", "identity"]]);
  expect(policies[0]).toMatchObject({
    verdict: "answer",
    status: 200,
    inputs: { use: "fresh", freshSeconds: 600 },
  });
  const other = await explain("/cached", [["range", "bytes=0-1"]]);
  expect(other.policies).toMatchObject([
    { verdict: "skip", inputs: { request: "bypass" } },
    { policy: "compress", inputs: { coding: null } },
  ]);
  const fresh = await explain("/cached", [
    ["accept-encoding", "identity"],
    ["cache-control", "no-cache"],
  ]);
  expect(fresh.policies[0]).toMatchObject({ verdict: "pass", inputs: { use: "revalidate" } });
  expect(upstream.seen.all).toHaveLength(seen);
});

test("a queue reports whether there is room, without taking it", async () => {
  for (let count = 0; count < 3; count += 1)
    expect((await explain("/queued")).policies[0]).toMatchObject({
      verdict: "pass",
      inputs: { inFlight: 0 },
    });
  const first = fetch(`${admin.url}/queued`);
  await held.atLeast(1);
  expect((await explain("/queued")).policies[0]).toMatchObject({
    verdict: "refuse",
    inputs: { inFlight: 1, limit: 1 },
    counterfactual: expect.stringMatching(/\w/),
  });
  (await held.next())();
  await (await first).text();
  await waitUntil(async () => (await explain("/queued")).policies[0].verdict === "pass");
});

test("a validation reports problems in the head of a request, and what it cannot judge", async () => {
  expect((await explain("/checked?page=x")).policies[0]).toMatchObject({
    verdict: "refuse",
    status: 422,
    inputs: { issues: [{ path: "/query/page" }] },
    counterfactual: "/query/page must be integer",
  });
  expect((await explain("/checked?page=1")).policies[0]).toMatchObject({
    verdict: "pass",
    inputs: { body: "checked when it is sent" },
  });
});

test("a transform shows the service's request, and what it changes", async () => {
  const explanation = await explain("/shaped?a=1");
  expect(explanation.policies[0]).toMatchObject({
    inputs: { request: { query: { set: ["via"] } }, response: { body: { remove: ["/secret"] } } },
  });
  expect(explanation.upstream.path).toStartWith("/shaped?a=1&via=");
});

test("cors lists the allowed origins", async () => {
  const from = (origin: string) => explain("/shared", [["origin", origin]]);
  expect((await from("https://evil.test")).policies[0]).toMatchObject({
    inputs: { allowed: false },
    counterfactual: "an origin of https://shop.test",
  });
  expect((await from("https://shop.test")).policies[0]).toMatchObject({ inputs: { allowed: true } });
});
