import { afterAll, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { explainRequest } from "../../src/explain/explain-request.ts";
import { createOfflineSnapshot } from "../../src/explain/offline-snapshot.ts";
import { printExplanation } from "../../src/explain/print-explanation.ts";
import { OwnEndpoints } from "../../src/routing/own-endpoints.ts";
import { publishPath, servicePaths, ticketPath } from "../../src/hub/hub-paths.ts";
import { type AccessGateway, checked, startAccessGateway } from "../support/access-gateway.ts";

const hidden = { type: "respond", status: 404, body: "hidden" };
const routes = [
  { id: "all", match: { path: "/*" }, service: "echo" },
  { id: "shop", match: { path: "/*", host: ["shop.test"] }, service: "echo" },
  { id: "posts", match: { path: "/{page}", methods: ["POST"] }, service: "echo" },
  { id: "quiet", match: { path: "/metrics" }, policies: [hidden] },
];
const config = { identity: { platform: { type: "local" } }, routes };
const running: AccessGateway = await startAccessGateway(() => config);
afterAll(() => running.close());

test.each([
  "/healthz",
  "/readyz",
  "/version",
  "/health",
  "/swagger",
  "/swagger/json",
  "/.well-known/jwks.json",
])("a catch-all route, for any host or one, does not take over %s", async (path) => {
  for (const host of ["localhost", "shop.test"]) {
    const { status, body } = await sendRaw(
      running.port,
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect([status, body.includes('"x-request-id"')]).toEqual([200, false]);
  }
});

test("nor the login, so that passwords never reach a service", async () => {
  const body = JSON.stringify({ email: "nobody@shop.test", password: "not-mine-to-see" });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(running.url("/auth/login"), { method: "POST", headers, body });
  expect(answer.status).toBe(401);
  expect(running.echo.seen.some(({ path }) => path === "/auth/login")).toBe(false);
});

test("and it serves all other paths", async () => {
  for (const path of ["/", "/auth/password", "/healthz/deep", "/health-food"])
    expect((await fetch(running.url(path))).status).toBe(200);
});

test.each(["/metrics", "/metrics?x=1", "//metrics", "/%6Detrics", "/./metrics"])(
  "a route with an endpoint's exact path hides it, also when requested as %s",
  async (path) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    expect(await sendRaw(running.port, request)).toMatchObject({ status: 404, body: "hidden" });
  },
);

test.each(["/metrics/", "/metrics/.", "/metrics//", "/metrics/%2e"])(
  "a hidden endpoint cannot be reached as %s",
  async (path) => {
    const alone = await startAccessGateway(() => ({ routes: routes.slice(3) }));
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const { text } = await sendRaw(alone.port, request);
    expect(text).not.toContain("cartway_");
    await alone.close();
  },
);

test("exactly the endpoints that are served take precedence over routes", async () => {
  const own = new OwnEndpoints({ hasSignIn: true });
  const description: { paths: object } = JSON.parse(await (await fetch(running.url("/swagger/json"))).text());
  const described = Object.keys(description.paths);
  // the hub is dispatched first
  const ofTheHub = [publishPath, ...servicePaths, ticketPath];
  expect(described.filter((path) => !own.paths.includes(path)).toSorted()).toEqual(ofTheHub.toSorted());
  // pages and scripts are described nowhere
  const others = own.paths.filter((path) => !described.includes(path));
  for (const path of others)
    expect((await fetch(running.url(path.replace("{file}", "swagger-ui.css")))).status).toBe(200);
});

test("explain names the endpoint that answers, the route it precedes, and what a route hides", async () => {
  const services = { echo: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } };
  const { snapshot } = createOfflineSnapshot(checked({ services, ...config }), {});
  const explain = (path: string, method = "GET") =>
    explainRequest(snapshot, { method, url: path, headers: [], peerIp: "127.0.0.1", caller: null });
  const probe = await explain("/healthz");
  expect(probe.ending).toEqual({ kind: "own-endpoint", endpoint: "/healthz" });
  expect(probe.nearest).toContainEqual({
    route: "all",
    failed: "specificity",
    expected: "no route that is more specific",
    actual: "/healthz is",
  });
  expect(printExplanation(probe)).toContain("answered by the gateway itself, at its own endpoint /healthz");
  expect((await explain("/hub/publish", "POST")).ending).toEqual({
    kind: "own-endpoint",
    endpoint: "/hub/publish",
  });
  const quiet = await explain("/metrics");
  expect(quiet.ending).toEqual({ kind: "answered", by: "respond", status: 404 });
  expect(quiet.notes).toEqual([
    "the gateway's own endpoint /metrics is hidden by this route, which spells it out",
  ]);
  expect((await explain("/auth/password")).ending).toEqual({ kind: "sent", service: "echo" });
  await snapshot.retire();
});
