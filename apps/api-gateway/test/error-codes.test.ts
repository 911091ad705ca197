import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { adminCredentials } from "@libs/auth/testing";
import { type ErrorCode, errorCodes } from "@libs/errors";
import { freePort, sendRaw } from "@libs/testing";
import { startAccessGateway } from "./support/access-gateway.ts";
import { connect } from "./hub/hub-client.ts";
import { startRawUpstream } from "./support/upstreams/start-raw-upstream.ts";

/**
 * Every code of the table is reached through the front door of one gateway, or by the test that `elsewhere` names. No answer may name an
 * upstream, or contain a stack or a secret.
 */
const silent = await startRawUpstream(() => undefined);
const resetting = await startRawUpstream((socket) => socket.destroy());
const garbled = await startRawUpstream((socket) => socket.end("SSH-2.0-OpenSSH\r\n\r\n"));
const failing = await startRawUpstream((socket) =>
  socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n    at app.ts:1"),
);
const deadPort = await freePort();
const identityPort = await freePort();
const secretWord = "s3cret-of-introspection";

const at = (url: string, more: object = {}) => ({
  discovery: { type: "static", targets: [{ url }] },
  ...more,
});
const route = (name: string, service: string, policies: readonly object[] = [], more: object = {}) => ({
  id: name,
  match: { path: `/${name}/*`, methods: ["GET", "POST"] },
  service,
  policies,
  ...more,
});
/** More than the head of a request to a service can have. */
const tooManyHeaders = Object.fromEntries(
  Array.from({ length: 9 }, (_, index) => [`x-${index}`, "x".repeat(8000)]),
);
const authenticate = { type: "authenticate", with: ["platform"] };
const running = await startAccessGateway(
  (echo) => ({
    identity: {
      platform: { type: "local" },
      opaque: {
        type: "introspection",
        url: `http://127.0.0.1:${identityPort}/introspect`,
        clientId: "gateway",
        clientSecret: { env: "INTROSPECTION_SECRET" },
      },
    },
    services: {
      echo: at(echo),
      dead: at(`http://127.0.0.1:${deadPort}`),
      failing: at(failing.url),
      resetting: at(resetting.url),
      garbled: at(garbled.url),
      slow: at(silent.url, { timeouts: { firstByteMs: 40 } }),
      uploads: at(silent.url, { timeouts: { idleMs: 40, firstByteMs: 5000 } }),
      narrow: at(silent.url, { connectionsMax: 1, timeouts: { firstByteMs: 500 } }),
      breaking: at(`http://127.0.0.1:${deadPort}`, {
        breaker: { service: { failuresInARow: 1, openMs: 60_000 } },
      }),
      weightless: { discovery: { type: "static", targets: [{ url: echo, weight: 0 }] } },
    },
    routes: [
      route("echo", "echo", [], { bodyBytesMax: 10 }),
      route("private", "echo", [authenticate]),
      route("admin", "echo", [authenticate, { type: "authorize", roles: ["nobody-has-this"] }]),
      route("opaque", "echo", [{ type: "authenticate", with: ["opaque"] }]),
      route("limited", "echo", [{ type: "rate-limit", by: ["ip"], limit: 1, windowMs: 60_000 }]),
      route("cached", "echo", [{ type: "cache" }]),
      route("queued", "slow", [{ type: "queue", concurrency: 1, waitingMax: 1, waitMaxMs: 5000 }]),
      route("waiting", "slow", [{ type: "queue", concurrency: 1, waitingMax: 9, waitMaxMs: 10 }]),
      route("dead", "dead"),
      route("failing", "failing", [
        { type: "error-pages", html: { any: { text: "{error.code}" } }, serviceErrors: true },
      ]),
      route("resetting", "resetting"),
      route("garbled", "garbled"),
      route("slow", "slow"),
      route("uploads", "uploads"),
      route("huge", "echo", [{ type: "transform", request: { set: tooManyHeaders } }]),
      route("narrow", "narrow"),
      route("breaking", "breaking"),
      route("weightless", "weightless"),
    ],
    hub: {
      endpoints: [
        {
          path: "/ws",
          authenticate: { with: ["platform"], anonymous: true },
          messages: { ping: { service: "echo", path: "/echo/ping", ack: "received" } },
          rooms: { join: true, pattern: "cart:{sessionId}" },
        },
      ],
    },
  }),
  { env: { INTROSPECTION_SECRET: secretWord } },
);
afterAll(async () => {
  await running.close();
  await Promise.all([silent, resetting, garbled, failing].map((one) => one[Symbol.asyncDispose]()));
});

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(running.url(path), init);
const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(running.url(path), {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
const raw = async (head: string): Promise<Response> => {
  const { status, body, headers } = await sendRaw(running.port, `${head}\r\nConnection: close\r\n\r\n`);
  return new Response(body, { status, headers: { "x-request-id": headers["x-request-id"] ?? "" } });
};
/** Two at once: the second finds the first in its way. */
const crowd = async (path: string, count: number): Promise<Response> => {
  const answers = await Promise.all(Array.from({ length: count }, () => get(path)));
  return (
    answers.find(({ status }) => status === 503 || status === 429) ?? new Response(null, { status: 599 })
  );
};

const scenarios: Partial<Record<ErrorCode, () => Promise<Response>>> = {
  invalid_host: () => raw("GET /echo/x HTTP/1.1\r\nHost: a b"),
  invalid_path: () => raw("GET /echo/%00 HTTP/1.1\r\nHost: a"),
  invalid_header: () => raw("GET /echo/x HTTP/1.1\r\nHost: a\r\nX: \x7f"),
  uri_too_long: () => raw(`GET /echo/${"x".repeat(9000)} HTTP/1.1\r\nHost: a`),
  header_too_large: () => raw(`GET /echo/x HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}`),
  version_not_supported: () => raw("GET /echo/x HTTP/3.0\r\nHost: a"),
  not_implemented: () => raw("FETCH /echo/x HTTP/1.1\r\nHost: a"),
  expectation_failed: () => raw("GET /echo/x HTTP/1.1\r\nHost: a\r\nExpect: magic"),
  invalid_json: () => post("/auth/login", "{"),
  validation_failed: () => post("/auth/login", '{"email":1}'),
  unsupported_media_type: () => post("/auth/login", "x", { "content-type": "text/csv" }),
  payload_too_large: () => post("/echo/x", "more than ten bytes"),
  loop_detected: async () => {
    await get("/echo/x");
    return await get("/echo/x", { headers: { via: running.echo.seen.at(-1)?.headers["via"] ?? "" } });
  },
  request_timeout: () => raw("POST /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5"),
  not_found: () => get("/nowhere"),
  method_not_allowed: () => get("/echo/x", { method: "DELETE" }),
  upgrade_required: () => get("/ws"),
  bad_request: () =>
    raw(
      "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short",
    ),
  unauthenticated: () => get("/private/x"),
  invalid_token: () => get("/private/x", { headers: { authorization: "Bearer nonsense" } }),
  invalid_credentials: () => post("/auth/login", '{"email":"nobody@shop.test","password":"wrong password"}'),
  forbidden: async () => get("/admin/x", { headers: { authorization: `Bearer ${await platformToken()}` } }),
  identity_unavailable: () => get("/opaque/x", { headers: { authorization: "Bearer an-opaque-token" } }),
  rate_limited: () => crowd("/limited/x", 2),
  not_cached: () => get("/cached/x", { headers: { "cache-control": "only-if-cached" } }),
  queue_full: () => crowd("/queued/x", 4),
  queue_timeout: () => crowd("/waiting/x", 2),
  bulkhead_full: () => crowd("/narrow/x", 2),
  no_target: () => get("/weightless/x"),
  breaker_open: async () => {
    await get("/breaking/x");
    return await get("/breaking/x");
  },
  upstream_unreachable: () => get("/dead/x"),
  upstream_reset: () => get("/resetting/x"),
  upstream_invalid: () => get("/garbled/x"),
  upstream_timeout: () => get("/slow/x"),
  service_failed: () => get("/failing/x"),
  internal: () => get("/huge/x"),
};

/** Codes in the hub's error frames. */
const frames: Partial<Record<ErrorCode, readonly object[]>> = {
  unknown_message_type: [{ type: "nonsense", id: "1", payload: {} }],
  conflict: [
    { type: "ping", id: "2", payload: { quantity: 1 } },
    { type: "ping", id: "2", payload: { quantity: 2 } },
  ],
};

/** Codes that take another gateway or app: the test that reaches each through its front door. */
const elsewhere: Partial<Record<ErrorCode, string>> = {
  gone: "apps/api-gateway/src/hub/fallback/fallback.test.ts",
  overloaded: "apps/api-gateway/src/hub/hostile.test.ts",
  shutting_down: "libs/elysia-server/src/lifecycle/drain.test.ts",
  too_many_connections: "apps/api-gateway/test/data-plane/connection-limits.test.ts",
  worker_unavailable: "apps/api-gateway/src/workers/supervisor-app.test.ts",
  store_unavailable: "apps/api-gateway/src/policies/rate-limit/store-outage.test.ts",
  provider_unavailable: "apps/ai-engine/test/chat-completions.test.ts",
};

async function platformToken(): Promise<string> {
  const answer = await post("/auth/login", JSON.stringify(adminCredentials));
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return accessToken;
}

describe("every error code is reached through the front door, in the one envelope", () => {
  test("each is in one of the tables", () => {
    const known = [scenarios, frames, elsewhere].flatMap((table) => Object.keys(table));
    expect(known.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });

  test.each(Object.entries(scenarios))("%s", async (code, reach) => {
    const answer = await reach();
    const text = await answer.text();
    const { error } = JSON.parse(text);
    expect([error.code, answer.status]).toEqual([code, errorCodes[code as ErrorCode].status]);
    expect(error.requestId).toBe(answer.headers.get("x-request-id"));
    expect(typeof error.message).toBe("string");
    const ports = [silent, resetting, garbled].map(({ url }) => new URL(url).port);
    const leaks = [...ports, String(deadPort), String(identityPort), secretWord, "    at ", ".ts:"];
    expect(leaks.filter((leak) => text.includes(leak))).toEqual([]);
  });

  test.each(Object.entries(frames))("%s, in a frame", async (code, sent) => {
    const client = await connect(running.url("/ws").replace("http", "ws"));
    for (const frame of sent) client.send(frame);
    const { error } = await client.frames.find((frame) => frame.type === "error");
    expect(error?.code).toBe(code);
    await client.close();
  });

  test.each(Object.entries(elsewhere))("%s, by the test of %s", async (code, file) => {
    expect(await Bun.file(join(import.meta.dir, "../../..", file)).text()).toContain(`"${code}"`);
  });
});
