import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { adminCredentials, createTestKey, signToken } from "@libs/auth/testing";
import { type AccessGateway, checked, startAccessGateway } from "../support/access-gateway.ts";
import { bearer, expectRefused } from "../attacks/attacked-gateway.ts";

/** Which pages may call `/auth` by script, and which attempts are recorded. */
const provider = {
  issuer: "https://id.test",
  clientId: "gateway",
  clientSecret: { env: "S" },
  redirectUris: ["https://app.test:8443/signed-in", "shop.app:/signed-in"],
};
const config = (origins: readonly string[]) => ({
  identity: { platform: { type: "local" } },
  signIn: { publicUrl: "https://gateway.test", origins, providers: { id: provider } },
  routes: [{ id: "open", match: { path: "/open" }, policies: [{ type: "respond", body: "open" }] }],
});
let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => config(["https://shop.test"]), { env: { S: "s" } });
});
afterAll(() => running.close());

const login = (headers: Readonly<Record<string, string>>, body: object = adminCredentials) =>
  fetch(running.url("/auth/login"), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const allowedTo = ({ headers }: Response) => headers.get("access-control-allow-origin");

describe("a page of another origin", () => {
  test.each(["https://shop.test", "https://app.test:8443"])(
    "%s may send requests and read errors",
    async (origin) => {
      const preflight = await fetch(running.url("/auth/login"), {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
      expect([preflight.status, allowedTo(preflight)]).toEqual([204, origin]);
      expect(preflight.headers.get("access-control-allow-headers")).toContain("content-type");
      const answers = [
        await login({ origin }),
        await login({ origin }, { email: "x", password: "y" }),
        await login({ origin }, { no: "login" }),
        await fetch(running.url("/auth/me"), { headers: { origin } }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 422, 401]);
      for (const answer of answers) {
        expect([allowedTo(answer), answer.headers.get("vary")]).toEqual([origin, "Origin"]);
        expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
      }
    },
  );

  test.each([
    "https://evil.test",
    "http://shop.test",
    "https://shop.test.evil.test",
    "https://SHOP.test",
    "https://app.test",
    "shop.app:",
    "null",
    "*",
  ])("%s that is not configured gets no CORS headers", async (origin) => {
    expect(allowedTo(await login({ origin }))).toBeNull();
    const headers = { origin, "access-control-request-method": "POST" };
    const preflight = await fetch(running.url("/auth/login"), { method: "OPTIONS", headers });
    expect(allowedTo(preflight)).toBeNull();
  });

  test("cannot use its visitor's cookie, even if allowed", async () => {
    const origin = "https://shop.test";
    const asked = () => login({ origin }, { ...adminCredentials, cookies: true });
    await expectRefused(running, asked, { status: 403, secret: adminCredentials.password });
  });

  test("is allowed on the sign-in endpoints only, not on routes, which have a policy for it", async () => {
    expect(
      allowedTo(await fetch(running.url("/open"), { headers: { origin: "https://shop.test" } })),
    ).toBeNull();
  });

  test("is allowed by the config in force", async () => {
    await running.gateway.reload(checked(config(["https://new.test"])));
    expect(allowedTo(await login({ origin: "https://shop.test" }))).toBeNull();
    expect(allowedTo(await login({ origin: "https://new.test" }))).toBe("https://new.test");
  });
});

test("an invalid token is reported wherever it is presented, without its value", async () => {
  const secret = signToken(createTestKey("k"), { sub: "admin" });
  for (const [method, path] of [
    ["GET", "/auth/me"],
    ["POST", "/auth/logout"],
    ["POST", "/auth/logout-everywhere"],
  ]) {
    const asked = () => fetch(running.url(path ?? ""), { method: method ?? "", headers: bearer(secret) });
    await expectRefused(running, asked, { status: 401, secret });
  }
});
