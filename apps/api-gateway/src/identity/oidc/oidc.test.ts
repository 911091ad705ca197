import { expect, test } from "bun:test";
import { createTestKey, signToken, signWithSecret } from "@libs/auth/testing";
import { bearer } from "../../../test/support/identity/identity-fixture.ts";
import { IdentityServer } from "../../../test/support/identity/identity-server.ts";
import { createIssuedIdentities } from "../../../test/support/identity/issuer.ts";

const { fixture, issuer } = await createIssuedIdentities();
const { clock } = fixture;

test("a provider's tokens are verified through discovery, with roles mapped by the config", async () => {
  const keycloak = issuer.oidc({
    claims: {
      roles: "/realm_access/roles",
      roleMap: { "shop-operator": "operator" },
      tenant: "/app~1metadata/tenant",
      scopes: "scp",
    },
  });
  const authenticate = fixture.create({ keycloak }).select(["keycloak"]);
  const token = signToken(issuer.key(), {
    ...issuer.claims({ scp: ["carts:read", 7], sid: "s1" }),
    realm_access: { roles: ["admin", "shop-operator"] },
    "app/metadata": { tenant: "t1" },
  });
  expect(await authenticate(bearer(token))).toMatchObject({
    principal: {
      subject: "u1",
      roles: ["operator"],
      scopes: ["carts:read"],
      tenantId: "t1",
      sessionId: "s1",
    },
  });
  expect(authenticate(bearer(token))).not.toBeInstanceOf(Promise);
});

test("a token grants no role unless the config names the roles claim", async () => {
  const authenticate = fixture.create({ id: issuer.oidc() }).select(["id"]);
  expect(
    await authenticate(bearer(signToken(issuer.key(), issuer.claims({ roles: ["admin"], role: "admin" })))),
  ).toMatchObject({
    principal: { roles: [], tenantId: null },
  });
});

test("a discovery document of another issuer is rejected: no token is accepted, and none is called invalid", async () => {
  issuer.server.discovery = { issuer: "https://evil.example" };
  const authenticate = fixture.create({ id: issuer.oidc() }).select(["id"]);
  expect(await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).toEqual({
    outcome: "unavailable",
    identity: "id",
  });
  expect(fixture.failures.join()).toContain("another issuer");
  issuer.server.discovery = { jwks_uri: "http://192.0.2.1/keys" };
  await clock.advance(1001);
  expect((await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).outcome).toBe("unavailable");
  issuer.server.discovery = { jwks_uri: 7 };
  await clock.advance(1001);
  expect((await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).outcome).toBe("unavailable");
});

test("key rotation fails no request", async () => {
  const authenticate = fixture.create({ id: issuer.oidc() }).select(["id"]);
  const old = createTestKey("k1", "RS256");
  issuer.server.keys = [old];
  for (let round = 0; round < 5; round += 1) {
    const next = createTestKey(`r${round}`, "ES256");
    issuer.server.keys = [...issuer.server.keys, next];
    const tokens = [old, next].map((signing) => signToken(signing, issuer.claims({ sub: `u${round}` })));
    const answers = await Promise.all(tokens.map(async (token) => authenticate(bearer(token))));
    expect(answers.map((answer) => answer.outcome)).toEqual(["authenticated", "authenticated"]);
    await clock.advance(10_000);
  }
});

test("a withdrawn key invalidates its cached tokens", async () => {
  const authenticate = fixture.create({ id: issuer.oidc({ refreshMs: 1000 }) }).select(["id"]);
  const token = signToken(issuer.key(), issuer.claims());
  await authenticate(bearer(token));
  const fresh = createTestKey("k2", "RS256");
  issuer.server.keys = [fresh];
  await clock.advance(1001);
  await authenticate(bearer(signToken(fresh, issuer.claims())));
  expect(await authenticate(bearer(token))).toMatchObject({ outcome: "rejected", reason: "unknown_key" });
});

test("tokens of one issuer never trigger key requests to another", async () => {
  const other = new IdentityServer();
  const identities = fixture.create({ id: issuer.oidc(), other: issuer.oidc({ issuer: other.url }) });
  const authenticate = identities.select(["other", "id"]);
  expect((await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).outcome).toBe(
    "authenticated",
  );
  expect(other.requests).toEqual([]);
  await other.stop();
});

test("a configured shared secret or public key is verified as published keys are", async () => {
  const ec = createTestKey("e", "ES256");
  const identities = fixture.create({
    supabase: {
      type: "jwt",
      issuer: "https://x.supabase.co/auth/v1",
      audience: "authenticated",
      algorithms: ["HS256"],
      secret: { env: "SUPABASE" },
    },
    legacy: {
      type: "jwt",
      issuer: "legacy",
      anyAudience: true,
      algorithms: ["ES256"],
      jwksUrl: `${issuer.server.url}/jwks`,
    },
  });
  const authenticate = identities.select(["supabase", "legacy"]);
  const secret = Buffer.from("SUPABASE-".repeat(8));
  const token = signWithSecret(secret, {
    ...issuer.claims(),
    iss: "https://x.supabase.co/auth/v1",
    aud: "authenticated",
  });
  expect(await authenticate(bearer(token))).toMatchObject({ principal: { identity: "supabase" } });
  issuer.server.keys = [ec];
  const legacy = signToken(ec, { iss: "legacy", sub: "u", exp: issuer.seconds() + 60 });
  expect(await authenticate(bearer(legacy))).toMatchObject({ principal: { identity: "legacy" } });
  const nameless = signToken(ec, { iss: "legacy", sub: { a: 1 }, exp: issuer.seconds() + 60 });
  expect(await identities.select(["legacy"])(bearer(nameless))).toMatchObject({ reason: "missing_claim" });
  identities.dispose();
});
