import { describe, expect, test } from "bun:test";
import { openSignInGateway } from "./sign-in-gateway.ts";

/** The gateway beside a certified OpenID provider: its keys, its outage, its introspection. */
const gateway = await openSignInGateway();

const call = async (path: string, token: string) =>
  (await fetch(gateway.running.url(path), { headers: { authorization: `Bearer ${token}` } })).status;

describe("tokens of the provider", () => {
  test("are verified through discovery, with key rotations under load and no refusal", async () => {
    expect(await call("/jwt", await gateway.peer.clientToken("jwt"))).toBe(200);
    for (let round = 0; round < 3; round += 1) {
      const before = await gateway.peer.clientToken("jwt");
      gateway.peer.rotate(true);
      const after = await gateway.peer.clientToken("jwt");
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, index) => call("/jwt", index % 2 === 0 ? before : after)),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(gateway.peer.count("/jwks")).toBe(4);
  });

  test("of a withdrawn key are refused once the keys were fetched again", async () => {
    const old = await gateway.peer.clientToken("jwt");
    expect(await call("/jwt", old)).toBe(200);
    gateway.peer.rotate(false);
    await gateway.running.clock.advance(60_001);
    expect(await call("/jwt", await gateway.peer.clientToken("jwt"))).toBe(200);
    expect(await call("/jwt", old)).toBe(401);
  });

  test("stay valid through an outage for the configured time, and new ones are 503, never 401 and never accepted", async () => {
    const known = await gateway.peer.clientToken("jwt");
    const fresh = await gateway.peer.clientToken("jwt");
    expect(await call("/jwt", known)).toBe(200);
    gateway.peer.rotate(true);
    const unknownKey = await gateway.peer.clientToken("jwt");
    gateway.peer.down = true;
    expect(await call("/jwt", known)).toBe(200);
    expect(await call("/jwt", fresh)).toBe(200);
    expect(await call("/jwt", unknownKey)).toBe(503);
    gateway.peer.down = false;
    await gateway.running.clock.advance(1001);
    expect(await call("/jwt", unknownKey)).toBe(200);
  });
});

describe("opaque tokens", () => {
  test("that are active but not access tokens, such as refresh tokens, are refused", async () => {
    const refreshToken = await gateway.peer.refreshToken();
    expect(refreshToken).not.toBe("");
    expect(await call("/opaque", refreshToken)).toBe(401);
    const [event] = gateway.running.log.lines.filter((line) => line["reason"] === "wrong_type");
    expect(event).toMatchObject({ security: "credentials_rejected", identity: "opaque" });
    expect(gateway.running.log.text()).not.toContain(refreshToken);
  });

  test("are introspected, cached, and survive an outage for the configured time only", async () => {
    const token = await gateway.peer.clientToken("opaque");
    const asked = gateway.peer.count("/token/introspection");
    expect([await call("/opaque", token), await call("/opaque", token)]).toEqual([200, 200]);
    expect(gateway.peer.count("/token/introspection")).toBe(asked + 1);
    expect(await call("/opaque", "made-up")).toBe(401);
    gateway.peer.down = true;
    await gateway.running.clock.advance(30_000);
    expect(await call("/opaque", token)).toBe(200);
    expect(await call("/opaque", `${token}x`)).toBe(503);
    await gateway.running.clock.advance(30_001);
    expect(await call("/opaque", token)).toBe(503);
  });
});
