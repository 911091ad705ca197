import { afterAll, beforeAll, expect, test } from "bun:test";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";
import { startGateway } from "../../../test/support/start-gateway.ts";

const route = (id: string, policy: object, more: readonly object[] = []) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [{ type: "security-headers", ...policy }, ...more],
});
let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    identity: { platform: { type: "local" } },
    routes: [
      route("plain", {}),
      route("override", { override: true, contentSecurityPolicy: "default-src 'none'", frameOptions: null }),
      route("refused", {}, [{ type: "authenticate", with: ["platform"] }]),
    ],
  }));
  running.echo.answerHeaders = {
    "x-frame-options": "SAMEORIGIN",
    "x-powered-by": "Express",
    server: "echo/1",
  };
});
afterAll(() => running.close());

const headers = async (path: string) => (await fetch(running.url(path))).headers;

test("defaults are added, the service's own values kept, and headers that reveal its software removed", async () => {
  const plain = await headers("/plain");
  expect(plain.get("x-content-type-options")).toBe("nosniff");
  expect(plain.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
  expect(plain.get("x-frame-options")).toBe("SAMEORIGIN");
  expect([plain.get("server"), plain.get("x-powered-by")]).toEqual([null, null]);
  expect([plain.get("strict-transport-security"), plain.get("content-security-policy")]).toEqual([
    null,
    null,
  ]);
});

test("override replaces the service's values, null removes a header", async () => {
  const override = await headers("/override");
  expect(override.get("content-security-policy")).toBe("default-src 'none'");
  expect(override.get("x-frame-options")).toBe("SAMEORIGIN");
});

test("the gateway's errors carry them, too", async () => {
  expect((await headers("/refused")).get("x-frame-options")).toBe("DENY");
});

test("https is as the client uses it: a trusted proxy that terminates TLS reports it, nobody else can", async () => {
  const over = async (trustedProxies: readonly string[]) => {
    await using gateway = await startGateway({
      server: { trustedProxies },
      routes: [
        { id: "page", match: { path: "/*" }, policies: [{ type: "security-headers" }, { type: "respond" }] },
      ],
    });
    const response = await fetch(gateway.url, { headers: { "x-forwarded-proto": "https" } });
    return response.headers.get("strict-transport-security");
  };
  expect(await over(["127.0.0.1/32"])).toBe("max-age=31536000; includeSubDomains");
  expect(await over([])).toBeNull();
});
