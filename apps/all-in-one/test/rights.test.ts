import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const directory = await createTemporaryDirectory();
const tokenFile = directory.file("admin-token");
let running: TestPlatform;

beforeAll(async () => {
  const admin = { port: 0, hostname: "127.0.0.1", tokenFile, allowedHosts: [] };
  running = await startTestPlatform({ recovery: null, admin });
}, openingLimitMs);

afterAll(async () => {
  await running.stop();
  await directory.remove();
});

async function post(url: string, body: object, token?: string): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...authorization };
  return await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Of a new user. */
async function tokenWith(roles: readonly string[]): Promise<string> {
  const user = { email: `${crypto.randomUUID()}@shop.test`, password: "a fine password" };
  const adminUrl = running.platform.gateway.adminAddress?.url ?? "";
  await post(`${adminUrl}/users`, { ...user, roles }, (await Bun.file(tokenFile).text()).trim());
  const login = await post(`${running.url}/auth/login`, user);
  return ((await login.json()) as { accessToken: string }).accessToken;
}

const event = { type: "view_page", id: "e-1", sessionId: "s-1" };

const asked: readonly (readonly [method: string, path: string, body: object | null])[] = [
  ["POST", "/api/events", event],
  ["GET", "/api/carts", null],
  ["GET", "/api/analytics/funnel", null],
  ["POST", "/api/predict", { sessionId: "s-1" }],
  ["POST", "/api/ai/recovery-message", {}],
];

test.each([
  ["no role", [], [403, 403, 403, 403, 403]],
  ["viewer", ["viewer"], [403, 200, 200, 404, 403]],
  ["service", ["service"], [200, 200, 200, 200, 422]],
] as const)("a user with %s has exactly the permissions of their roles", async (_name, roles, expected) => {
  const headers = { authorization: `Bearer ${await tokenWith(roles)}`, "content-type": "application/json" };
  const statuses: number[] = [];
  for (const [method, path, body] of asked) {
    const sent = body === null ? {} : { body: JSON.stringify(body) };
    statuses.push((await fetch(running.url + path, { method, headers, ...sent })).status);
  }
  expect(statuses).toEqual([...expected]);
});
