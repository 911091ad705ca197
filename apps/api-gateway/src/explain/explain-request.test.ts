import { afterAll, expect, test } from "bun:test";
import { checkedConfig, serviceAt, startGateway } from "../../test/support/start-gateway.ts";
import { startUpstream } from "../../test/support/upstreams/start-upstream.ts";
import { explainRequest } from "./explain-request.ts";
import type { AskedRequest, Explanation } from "./explanation.ts";
import { createOfflineSnapshot } from "./offline-snapshot.ts";
import { printExplanation } from "./print-explanation.ts";

const upstream = startUpstream();
const answer = { type: "respond", body: "here" };
const config = {
  services: { api: serviceAt(upstream.url), gone: serviceAt("http://127.0.0.1:1") },
  server: { trustedProxies: ["127.0.0.1"] },
  identity: {
    keys: { type: "jwt", issuer: "x", audience: "y", algorithms: ["HS256"], secret: { env: "KEY" } },
  },
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
  routes: [
    { id: "all", match: { path: "/api/*" }, service: "api", path: { stripPrefix: "/api" } },
    {
      id: "item",
      match: { path: "/items/{id}", methods: ["GET"] },
      service: "api",
      path: { template: "/i/{id}" },
    },
    {
      id: "shaped",
      match: { path: "/shaped" },
      service: "api",
      host: "target",
      policies: [
        {
          type: "transform",
          request: {
            set: { "x-a": "{request.method}", authorization: "Bearer hidden" },
            remove: ["x-b"],
            query: { set: { api_key: "hidden", page: "1" } },
          },
        },
        { type: "cors", origins: ["https://shop.test"] },
        { type: "security-headers" },
      ],
    },
    {
      id: "inside",
      match: { path: "/inside" },
      service: "api",
      policies: [
        { type: "ip-rules", allow: ["10.0.0.0/8"] },
        { type: "rate-limit", by: ["ip"], limit: 5, windowMs: 60_000 },
      ],
    },
    {
      id: "limited",
      match: { path: "/limited" },
      policies: [{ type: "rate-limit", by: ["ip"], limit: 1, windowMs: 60_000 }, answer],
    },
    {
      id: "sockets",
      match: { path: "/sockets" },
      service: "gone",
      websocket: { origins: ["https://shop.test"] },
    },
    { id: "small", match: { path: "/small" }, service: "api", bodyBytesMax: 3 },
    { id: "csrf", match: { path: "/form" }, policies: [{ type: "csrf" }, answer] },
    { id: "moved", match: { path: "/old/{id}" }, policies: [{ type: "redirect", to: "/new/{id}" }] },
    { id: "known", match: { path: "/known" }, policies: [{ type: "authenticate", with: ["keys"] }, answer] },
    {
      id: "admins",
      match: { path: "/admins" },
      policies: [{ type: "authenticate", with: ["keys"] }, { type: "authorize", roles: ["admin"] }, answer],
    },
  ],
};
const env = { KEY: "k".repeat(40) };
const gateway = await startGateway(config, { env });
const { snapshot } = createOfflineSnapshot(checkedConfig(config), env);
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await snapshot.retire();
});

function asked(method: string, path: string, more: Partial<AskedRequest> = {}): AskedRequest {
  return { method, url: gateway.url + path, headers: [], peerIp: "127.0.0.1", caller: null, ...more };
}
const explain = (...args: Parameters<typeof asked>) => explainRequest(snapshot, asked(...args));

function statusOf({ ending }: Explanation): number {
  switch (ending.kind) {
    case "sent":
    case "aggregated":
      return 200;
    case "refused":
    case "answered":
    case "malformed":
      return ending.status;
    case "method-not-allowed":
      return 405;
    case "own-endpoint":
      return 200;
    case "not-routed":
      return 404;
  }
}

const preflight = { origin: "https://shop.test", "access-control-request-method": "POST" };
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const requests: readonly [method: string, path: string, headers?: Record<string, string>][] = [
  ["GET", "/api/a/b?c=d"],
  ["GET", "/api//a/./b/%7Ea"],
  ["GET", "/items/7%2F8"],
  ["PUT", "/items/7"],
  ["GET", "/shaped", { "x-b": "1", connection: "x-c", "x-c": "2", "x-user-id": "root" }],
  ["OPTIONS", "/shaped", preflight],
  ["GET", "/inside"],
  ["GET", "/inside", { "x-forwarded-for": "10.1.2.3" }],
  ["POST", "/form", { "sec-fetch-site": "cross-site" }],
  ["POST", "/form"],
  ["GET", "/old/a%20b?x=1"],
  ["GET", "/known"],
  ["GET", "/known", { authorization: "Bearer nonsense" }],
  ["GET", "/known", { authorization: "Bearer a b" }],
  ["GET", "/nothing"],
  ["GET", "/healthz"],
  ["GET", "/%00"],
  ["GET", "/sockets", { ...upgrade, origin: "https://evil.test" }],
  ["GET", "/sockets", { ...upgrade, "sec-websocket-version": "8" }],
];

test.each(requests)("%s %s gets the response that explain predicts", async (method, path, headers = {}) => {
  const explanation = await explain(method, path, { headers: Object.entries(headers) });
  const before = upstream.seen.all.length;
  const response = await fetch(gateway.url + path, { method, headers, redirect: "manual" });
  expect(`${response.status} ${await response.text()}`).toStartWith(String(statusOf(explanation)));
  const [got] = upstream.seen.all.slice(before);
  expect(got?.path.replace("=hidden", "=(withheld)")).toBe(explanation.upstream?.path);
  if (got === undefined || explanation.upstream === null) return;
  const { headersSet, headersRemoved, host } = explanation.upstream;
  expect(got.headers.get("host")).toBe(host ?? upstream.id);
  for (const [name, value] of headersSet) {
    const fresh = name === "x-request-id" || name === "via" || value === "(withheld)";
    expect([name, fresh ? value : got.headers.get(name)]).toEqual([name, value]);
    expect(got.headers.has(name)).toBe(true);
  }
  // the connection to the service has a header of that name of its own
  for (const name of headersRemoved.filter((one) => one !== "connection"))
    expect([name, got.headers.has(name)]).toEqual([name, false]);
});

test("a limit is inspected without consuming it, however often", async () => {
  const look = async () => (await explain("GET", "/limited")).policies[0];
  for (let count = 0; count < 5; count += 1) expect(await look()).toMatchObject({ verdict: "pass" });
  expect(await look()).toMatchObject({
    policy: "rate-limit",
    phase: "admit",
    inputs: { limit: "route limited ip", key: "ip 127.0.0.1", left: [{ remaining: 1 }] },
  });
});

test("secrets of the request and the config are redacted", async () => {
  const { upstream: plan } = await explain("GET", "/shaped");
  expect(plan?.headersSet.find(([name]) => name === "authorization")?.[1]).toBe("(withheld)");
  expect(plan?.path).toBe("/shaped?api_key=(withheld)&page=1");
  expect(plan?.host).toBeNull();
});

test("a caller can be assumed instead of presenting credentials", async () => {
  const caller = { subject: "ana", roles: ["viewer"], scopes: ["a:b"], tenantId: "t1" };
  const refused = await explain("GET", "/admins", { caller });
  expect(refused.ending).toEqual({ kind: "refused", by: "authorize", status: 403 });
  expect(refused.policies[1]).toMatchObject({ counterfactual: "one of the roles admin" });
  expect(refused.notReached).toEqual(["respond"]);
  const passed = await explain("GET", "/admins", { caller: { ...caller, roles: ["admin"] } });
  expect(passed.ending).toEqual({ kind: "answered", by: "respond", status: 200 });
});

test("a body above the route's limit is refused, as for a real request", async () => {
  const headers: [string, string][] = [["content-length", "4"]];
  const { ending, upstream: plan } = await explain("POST", "/small", { headers });
  expect([ending, plan]).toMatchObject([{ kind: "refused", by: "bodyBytesMax", status: 413 }, null]);
  const response = await fetch(`${gateway.url}/small`, { method: "POST", body: "four" });
  expect(response.status).toBe(413);
});

test("what no request can contain is refused, and not an error of the explanation", async () => {
  const unnamed = await explain("GET", "/api/a", { headers: [["bad name", "x"]] });
  expect(unnamed.ending).toMatchObject({ kind: "malformed", status: 400, code: "invalid_header" });
  const broken = await explain("GET", "/api/a", { headers: [["x-a", "a\nb: c"]] });
  expect(broken.ending).toMatchObject({ kind: "malformed", status: 400, code: "invalid_header" });
  for (const path of ["/api\\a", "/api/\ta", "/api/a b"])
    expect((await explain("GET", path)).ending).toMatchObject({ kind: "malformed", code: "invalid_path" });
  const withUser = await explainRequest(snapshot, {
    ...asked("GET", ""),
    url: "http://ana:pw@shop.test/shaped",
  });
  expect(withUser).toMatchObject({ request: { host: "shop.test" }, ending: { kind: "sent" } });
  const utf8 = await explain("GET", "/shaped", { headers: [["x-name", "日本"]] });
  expect(utf8.ending).toEqual({ kind: "sent", service: "api" });
});

test("an over-long path is refused before routing, as for a real request", async () => {
  const path = `/${"a".repeat(8100)}/${"b".repeat(200)}`;
  const { ending } = await explain("GET", path);
  expect(ending).toMatchObject({ kind: "malformed", code: "uri_too_long" });
  expect((await fetch(gateway.url + path)).status).toBe(414);
});

test("a request without a usable target is reported so", async () => {
  const sleeping = serviceAt([{ url: upstream.url, weight: 0 }]);
  const routes = [{ id: "one", match: { path: "/one" }, service: "api" }];
  const offline = createOfflineSnapshot(checkedConfig({ services: { api: sleeping }, routes }), {});
  const { notes, ending } = await explainRequest(offline.snapshot, asked("GET", "/one"));
  expect([ending, notes]).toEqual([
    { kind: "sent", service: "api" },
    ["no target of api can be used at the moment"],
  ]);
  await offline.snapshot.retire();
});

test("targets that are discovered are not called unusable where discovery is not asked", async () => {
  const api = { discovery: { type: "dns", name: "api.test", port: 80 } };
  const routes = [{ id: "one", match: { path: "/one" }, service: "api" }];
  const offline = createOfflineSnapshot(checkedConfig({ services: { api }, routes }), {});
  const { notes, ending } = await explainRequest(offline.snapshot, asked("GET", "/one"));
  expect([ending, notes]).toEqual([
    { kind: "sent", service: "api" },
    ["the targets of api are not known yet"],
  ]);
  await offline.snapshot.retire();
});

test("what the route itself refuses is printed with its reason", async () => {
  const routes = [{ id: "one", match: { path: "/one" }, service: "api", websocket: true }];
  const services = { api: serviceAt(upstream.url) };
  const offline = createOfflineSnapshot(checkedConfig({ services, routes }), {});
  const headers: AskedRequest["headers"] = [
    ["upgrade", "websocket"],
    ["connection", "upgrade"],
  ];
  const explanation = await explainRequest(offline.snapshot, { ...asked("GET", "/one"), headers });
  expect(printExplanation(explanation)).toContain(
    "refused by websocket with 426: Only version 13 of the WebSocket protocol is spoken here.",
  );
  await offline.snapshot.retire();
});

test("a hub path is identified as such, and methods that never arrive as refused", async () => {
  for (const path of ["/ws", "/ws/poll"])
    expect((await explain("GET", path)).ending).toEqual({ kind: "own-endpoint", endpoint: path });
  expect((await explain("TRACE", "/api/a")).ending).toMatchObject({ kind: "malformed", status: 405 });
  const unparsable = await explainRequest(snapshot, { ...asked("GET", ""), url: "http://[" });
  expect(unparsable.ending).toMatchObject({ kind: "malformed", code: "invalid_path" });
});

test("the printed explanation has route, policies, targets and the obstacles", async () => {
  const common: Partial<AskedRequest> = { headers: [["origin", "https://shop.test"]] };
  const sent = printExplanation(await explain("GET", "/shaped", common));
  for (const part of [
    "route      shaped",
    "pass    cors",
    `${upstream.id}  available`,
    "ends       is sent to api",
  ])
    expect(sent).toContain(part);
  const refused = printExplanation(await explain("GET", "/inside"));
  expect(refused).toContain("REFUSE  ip-rules (guard) 403");
  expect(refused).toContain("needs: an address inside allow");
  expect(refused).toContain("rate-limit is not reached");
  const lost = printExplanation(await explain("GET", "/item/7"));
  expect(lost).toContain("nearest    item: path is /item/7, expected /items/{id}");
  expect(printExplanation(await explain("PUT", "/items/7"))).toContain(
    "405: the path is served for GET, HEAD",
  );
  expect(printExplanation(await explain("GET", "/%00"))).toContain("invalid_path");
  expect(printExplanation(await explain("GET", "/old/7"))).toContain("answered by redirect with 308");
});

test("a config can be explained without secrets, database or Redis, and then admits nobody", async () => {
  const offline = createOfflineSnapshot(
    checkedConfig({
      identity: {
        platform: { type: "local" },
        keys: { type: "jwt", issuer: "x", audience: "y", algorithms: ["HS256"], secret: { env: "MISSING" } },
      },
      services: { api: serviceAt(upstream.url, { health: {} }) },
      routes: [
        {
          id: "one",
          match: { path: "/one" },
          service: "api",
          policies: [
            { type: "authenticate", with: ["platform"] },
            { type: "rate-limit", by: ["user"], limit: 1, windowMs: 1, store: "redis", onStoreError: "deny" },
          ],
        },
      ],
    }),
    {},
  );
  const ask = (more: Partial<AskedRequest>) => explainRequest(offline.snapshot, asked("GET", "/one", more));
  expect((await ask({})).ending).toMatchObject({ status: 401 });
  expect((await ask({ headers: [["authorization", "Bearer x"]] })).ending).toMatchObject({ status: 503 });
  expect(offline.notes.join("\n")).toMatch(
    /MISSING is not set here[^]*identity platform: it needs the platform's database/,
  );
  const caller = { subject: "ana", roles: [], scopes: [], tenantId: null };
  expect((await ask({ caller })).ending).toEqual({ kind: "sent", service: "api" });
  expect(upstream.seen.all.some(({ path }) => path === "/one")).toBe(false);
  await offline.snapshot.retire();
});
