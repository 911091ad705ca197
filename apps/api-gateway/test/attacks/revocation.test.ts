import { describe, expect, test } from "bun:test";
import type { TokenGrant } from "@libs/auth";
import { createTestKey, signToken } from "@libs/auth/testing";
import { waitUntil } from "@libs/testing";
import { bearer, startAttackedGateway } from "./attacked-gateway.ts";

/** Revoked credentials are refused on routes and at the hub, although they were cached. */
const gateway = await startAttackedGateway();

async function expectLetIn(headers: Readonly<Record<string, string>>): Promise<void> {
  expect((await gateway.get("/private/a", headers)).status).toBe(200);
  expect((await gateway.upgrade("/ws/private", headers)).status).toBe(101);
  gateway.running.echo.seen.length = 0;
}

async function expectOver(headers: Readonly<Record<string, string>>, secret: string): Promise<void> {
  const refusal = { status: 401, secret };
  await gateway.expectRefused(() => gateway.get("/private/a", headers), refusal);
  await gateway.expectRefused(() => gateway.get("/open/a", headers), refusal);
  await gateway.expectRefused(() => gateway.upgrade("/ws/private", headers), refusal);
  await gateway.expectRefused(() => gateway.upgrade("/ws", headers), refusal);
}

const post = (path: string, body: object | null, headers: Readonly<Record<string, string>> = {}) =>
  fetch(gateway.running.url(path), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: body === null ? null : JSON.stringify(body),
  });

test("an API key is refused after its revocation", async () => {
  const { key, revoke } = await gateway.makeKey();
  const headers = { "x-api-key": key };
  await expectLetIn(headers);
  await revoke();
  await expectOver(headers, key);
});

test("a wrong API key is called one, with the header it was in, by routes and the hub, and nobody learns that a key was revoked", async () => {
  const revoked = await gateway.makeKey();
  await revoked.revoke();
  const { key: valid } = await gateway.makeKey();
  const unknown = valid.slice(0, -4) + (valid.endsWith("aaaa") ? "bbbb" : "aaaa");
  for (const key of [revoked.key, unknown, "nonsense"]) {
    const onRoute = await gateway.get("/private/a", { "x-api-key": key });
    const atHub = await gateway.upgrade("/ws", { "x-api-key": key });
    for (const answer of [onRoute, atHub])
      expect(await answer.json()).toMatchObject({
        error: {
          code: "invalid_credentials",
          message: "The API key in the header x-api-key is not valid.",
        },
      });
    expect(onRoute.headers.get("www-authenticate")).toBe('Bearer realm="cartway", Key realm="cartway"');
  }
});

test("an access token is refused after the logout of its session", async () => {
  const { accessToken } = await gateway.login();
  await expectLetIn(bearer(accessToken));
  expect((await post("/auth/logout", null, bearer(accessToken))).status).toBe(204);
  await expectOver(bearer(accessToken), accessToken);
});

describe("a refresh token is refused", () => {
  const refresh = (refreshToken: string) => post("/auth/refresh", { refreshToken });

  test("after its first use, together with its whole session", async () => {
    const { refreshToken } = await gateway.login();
    const second: TokenGrant = JSON.parse(await (await refresh(refreshToken)).text());
    await expectLetIn(bearer(second.accessToken));
    expect((await refresh(refreshToken)).status).toBe(401);
    expect(gateway.running.events.at(-1)).toMatchObject({ kind: "refresh_reused" });
    expect(JSON.stringify(gateway.running.events)).not.toContain(refreshToken);
    await expectOver(bearer(second.accessToken), second.accessToken);
    expect((await refresh(second.refreshToken)).status).toBe(401);
  });

  test("in place of an access token, and an access token in its place", async () => {
    const { accessToken, refreshToken } = await gateway.login();
    await expectOver(bearer(refreshToken), refreshToken);
    expect((await refresh(accessToken)).status).toBe(422);
  });
});

test("a socket is closed when its token is revoked", async () => {
  const { accessToken } = await gateway.login();
  const socket = new WebSocket(gateway.running.url("/ws/private").replace("http:", "ws:"), {
    headers: bearer(accessToken),
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener("close", ({ code }) => resolve(code)),
  );
  await post("/auth/logout", null, bearer(accessToken));
  expect(await closed).toBeGreaterThanOrEqual(3000);
});

test("a cached token is refused once its issuer has withdrawn the key, whatever other callers do", async () => {
  const token = signToken(gateway.good(), gateway.claims({ exp: gateway.seconds() + 86_400 }));
  await expectLetIn(bearer(token));
  gateway.id.keys = [createTestKey("k2", "RS256")];
  await gateway.running.clock.advance(300_001);
  await waitUntil(async () => (await gateway.get("/private/a", bearer(token))).status === 401);
  gateway.running.echo.seen.length = 0;
  await expectOver(bearer(token), token);
});
