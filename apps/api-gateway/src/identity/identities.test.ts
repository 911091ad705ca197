import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { addKey, editUser, revokeKey } from "@libs/auth";
import { adminCredentials, createTestKey, origin, signToken, signWithSecret } from "@libs/auth/testing";
import { bearer, createIdentityFixture, present, withDefaults } from "../../test/identity-fixture.ts";
import { IdentityServer } from "../../test/identity-server.ts";
import { createIdentities } from "./create-identities.ts";
import { type IdentityEntry, IdentityPool } from "./identity-pool.ts";
import { PresentedCredentials } from "./presented-credentials.ts";

const fixture = await createIdentityFixture();
const { auth, clock, sql } = fixture;
const context = { sql, auth, now: clock.now, actor: "test" };
let server = new IdentityServer();
beforeEach(async () => {
  await server.stop();
  server = new IdentityServer();
  fixture.fleetDown = false;
  fixture.failures.length = 0;
});
afterEach(async () => clock.advance(3_600_000));
afterAll(async () => {
  await server.stop();
  await fixture.close();
});

const seconds = () => Math.floor(clock.now() / 1000);
const claims = (extra: object = {}) => ({
  iss: server.url,
  aud: "shop",
  sub: "u1",
  exp: seconds() + 600,
  ...extra,
});
const oidc = (extra: object = {}) => ({ type: "oidc", issuer: server.url, audience: "shop", ...extra });
const key = () => server.keys[0] ?? createTestKey("none");

describe("local", () => {
  test("a token of /auth/login is known, at once the second time, until its session ends", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    const grant = await auth.sessions.login(adminCredentials, origin);
    expect(authenticate(bearer(grant.accessToken))).toMatchObject({
      outcome: "authenticated",
      principal: { identity: "platform", method: "jwt", subject: grant.user.id, roles: ["admin"] },
    });
    const first = authenticate(bearer(grant.accessToken));
    expect(authenticate(bearer(grant.accessToken))).toBe(first);
    await auth.sessions.logoutEverywhere(grant.user.id);
    expect(authenticate(bearer(grant.accessToken))).toEqual({
      outcome: "rejected",
      identity: "platform",
      reason: "revoked",
    });
  });

  test("a remembered token ends with its expiry, with its user's roles, and with the keys", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    const outcome = async (grant: { readonly accessToken: string }) =>
      (await authenticate(bearer(grant.accessToken))).outcome;
    const short = await auth.sessions.login(adminCredentials, origin);
    expect(await outcome(short)).toBe("authenticated");
    await clock.advance(606_000);
    expect(await outcome(short)).toBe("rejected");

    const changed = await auth.sessions.login(adminCredentials, origin);
    expect(await outcome(changed)).toBe("authenticated");
    await editUser(context, changed.user.id, { roles: ["admin", "operator"] });
    expect(await outcome(changed)).toBe("rejected");

    const signed = await auth.sessions.login(adminCredentials, origin);
    expect(await outcome(signed)).toBe("authenticated");
    await auth.signingKeys.replaceAll();
    expect(await outcome(signed)).toBe("rejected");
  });
});

describe("jwt and oidc", () => {
  test("a provider's tokens are known by discovery, with its roles as the config calls them", async () => {
    const keycloak = oidc({
      claims: {
        roles: "/realm_access/roles",
        roleMap: { "shop-operator": "operator" },
        tenant: "/app~1metadata/tenant",
        scopes: "scp",
      },
    });
    const authenticate = fixture.create({ keycloak }).select(["keycloak"]);
    const token = signToken(key(), {
      ...claims({ scp: ["carts:read", 7], sid: "s1" }),
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

  test("a token grants no role unless the config says where its roles stand", async () => {
    const authenticate = fixture.create({ id: oidc() }).select(["id"]);
    expect(
      await authenticate(bearer(signToken(key(), claims({ roles: ["admin"], role: "admin" })))),
    ).toMatchObject({
      principal: { roles: [], tenantId: null },
    });
  });

  test("a discovery document of another issuer is not believed: nobody gets in, and nobody is called wrong", async () => {
    server.discovery = { issuer: "https://evil.example" };
    const authenticate = fixture.create({ id: oidc() }).select(["id"]);
    expect(await authenticate(bearer(signToken(key(), claims())))).toEqual({
      outcome: "unavailable",
      identity: "id",
    });
    expect(fixture.failures.join()).toContain("another issuer");
    server.discovery = { jwks_uri: "http://192.0.2.1/keys" };
    await clock.advance(1001);
    expect((await authenticate(bearer(signToken(key(), claims())))).outcome).toBe("unavailable");
    server.discovery = { jwks_uri: 7 };
    await clock.advance(1001);
    expect((await authenticate(bearer(signToken(key(), claims())))).outcome).toBe("unavailable");
  });

  test("keys that rotate while tokens come cost no request", async () => {
    const authenticate = fixture.create({ id: oidc() }).select(["id"]);
    const old = createTestKey("k1", "RS256");
    server.keys = [old];
    for (let round = 0; round < 5; round += 1) {
      const next = createTestKey(`r${round}`, "ES256");
      server.keys = [...server.keys, next];
      const tokens = [old, next].map((signing) => signToken(signing, claims({ sub: `u${round}` })));
      const answers = await Promise.all(tokens.map(async (token) => authenticate(bearer(token))));
      expect(answers.map((answer) => answer.outcome)).toEqual(["authenticated", "authenticated"]);
      await clock.advance(10_000);
    }
  });

  test("a key that is taken away takes its remembered tokens with it", async () => {
    const authenticate = fixture.create({ id: oidc({ refreshMs: 1000 }) }).select(["id"]);
    const token = signToken(key(), claims());
    await authenticate(bearer(token));
    const fresh = createTestKey("k2", "RS256");
    server.keys = [fresh];
    await clock.advance(1001);
    await authenticate(bearer(signToken(fresh, claims())));
    expect(await authenticate(bearer(token))).toMatchObject({ outcome: "rejected", reason: "unknown_key" });
  });

  test("tokens of one issuer never make the gateway ask another for keys", async () => {
    const other = new IdentityServer();
    const identities = fixture.create({ id: oidc(), other: oidc({ issuer: other.url }) });
    const authenticate = identities.select(["other", "id"]);
    expect((await authenticate(bearer(signToken(key(), claims())))).outcome).toBe("authenticated");
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  test("a shared secret and a public key from the config work as keys do", async () => {
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
        jwksUrl: `${server.url}/jwks`,
      },
    });
    const authenticate = identities.select(["supabase", "legacy"]);
    const secret = Buffer.from("SUPABASE-".repeat(8));
    const token = signWithSecret(secret, {
      ...claims(),
      iss: "https://x.supabase.co/auth/v1",
      aud: "authenticated",
    });
    expect(await authenticate(bearer(token))).toMatchObject({ principal: { identity: "supabase" } });
    server.keys = [ec];
    const legacy = signToken(ec, { iss: "legacy", sub: "u", exp: seconds() + 60 });
    expect(await authenticate(bearer(legacy))).toMatchObject({ principal: { identity: "legacy" } });
    const nameless = signToken(ec, { iss: "legacy", sub: { a: 1 }, exp: seconds() + 60 });
    expect(await identities.select(["legacy"])(bearer(nameless))).toMatchObject({ reason: "missing_claim" });
    identities.dispose();
  });
});

describe("introspection", () => {
  const opaque = (extra: object = {}) => ({
    type: "introspection",
    url: `${server.url}/introspect`,
    clientId: "gate way",
    clientSecret: { env: "S:1" },
    ...extra,
  });

  test("an opaque token is asked about once, remembered, and asked about again in time", async () => {
    const authenticate = fixture.create({ opaque: opaque() }).select(["opaque"]);
    server.tokens.set("abc", { active: true, sub: "u1", scope: "a b", exp: seconds() + 600 });
    const answers = await Promise.all(Array.from({ length: 20 }, async () => authenticate(bearer("abc"))));
    expect(answers.every((answer) => answer.outcome === "authenticated")).toBe(true);
    expect(authenticate(bearer("abc"))).toMatchObject({
      principal: { subject: "u1", scopes: ["a", "b"], method: "introspection" },
    });
    expect(server.count("/introspect")).toBe(1);
    expect(server.authorizations[0]).toBe(
      `Basic ${Buffer.from(`gate+way:${encodeURIComponent("S:1-".repeat(8))}`).toString("base64")}`,
    );
    server.tokens.delete("abc");
    await clock.advance(30_000);
    expect(await authenticate(bearer("abc"))).toMatchObject({ outcome: "rejected", reason: "inactive" });
    expect(authenticate(bearer("abc"))).toMatchObject({ outcome: "rejected" });
    expect(server.count("/introspect")).toBe(2);
  });

  test("while the server is down, callers known before stay known for the stated time; new ones are not let in", async () => {
    const authenticate = fixture.create({ opaque: opaque({ staleIfErrorMs: 60_000 }) }).select(["opaque"]);
    server.tokens.set("known", { active: true, sub: "u1" });
    await authenticate(bearer("known"));
    server.down = true;
    await clock.advance(59_999);
    expect((await authenticate(bearer("known"))).outcome).toBe("authenticated");
    expect((await authenticate(bearer("new"))).outcome).toBe("unavailable");
    await clock.advance(1);
    expect((await authenticate(bearer("known"))).outcome).toBe("unavailable");
    expect(fixture.failures.length).toBeGreaterThan(0);
    expect(fixture.failures.join()).not.toContain("known");
  });

  test("an answer that is over, of another issuer, for somebody else, or without a subject lets nobody in", async () => {
    const authenticate = fixture
      .create({ opaque: opaque({ issuer: "https://id", audience: "shop" }) })
      .select(["opaque"]);
    const good = { active: true, sub: "u", iss: "https://id", aud: ["shop"], exp: seconds() + 60 };
    const cases = [
      good,
      { ...good, exp: seconds() },
      { ...good, iss: "x" },
      { ...good, aud: "bank" },
      { ...good, sub: null },
      { ...good, active: "true" },
    ];
    const outcomes: string[] = [];
    for (const [index, answer] of cases.entries()) {
      server.tokens.set(`t${index}`, answer);
      outcomes.push((await authenticate(bearer(`t${index}`))).outcome);
    }
    expect(outcomes).toEqual(["authenticated", "rejected", "rejected", "rejected", "rejected", "rejected"]);
  });

  test("more questions than allowed at once are not asked", async () => {
    const authenticate = fixture.create({ opaque: opaque({ questionsMax: 1 }) }).select(["opaque"]);
    const first = authenticate(bearer("a"));
    expect(authenticate(bearer("b"))).toEqual({ outcome: "unavailable", identity: "opaque" });
    await first;
  });
});

describe("api-key", () => {
  const draft = {
    name: "n",
    owner: "acme",
    roles: ["customer"],
    scopes: ["s"],
    tenantId: "t",
    plan: "gold",
    weight: 3,
    expiresAt: null,
  };

  test("a key is known by its header, and refused from the moment it is revoked", async () => {
    const authenticate = fixture.create({ partners: { type: "api-key" } }).select(["partners"]);
    const { key: text, apiKey } = await addKey(context, draft);
    const presented = () => authenticate(present({ headers: { "x-api-key": text } }));
    expect(await presented()).toMatchObject({
      principal: {
        method: "api-key",
        subject: "acme",
        scopes: ["s"],
        tenantId: "t",
        plan: "gold",
        weight: 3,
        sessionId: apiKey.id,
      },
    });
    await revokeKey(context, apiKey.id);
    expect(await presented()).toEqual({ outcome: "rejected", identity: "partners", reason: "revoked" });
    expect(await authenticate(present({ headers: { "x-api-key": "wrong" } }))).toMatchObject({
      reason: "malformed",
    });
    expect(await authenticate(present({}))).toEqual({ outcome: "absent" });
  });

  test("a key in the query counts only where the config names the parameter, and never beside another", async () => {
    const identities = fixture.create({
      strict: { type: "api-key" },
      loose: { type: "api-key", header: "x-key", parameter: "key" },
    });
    const { key: text } = await addKey(context, draft);
    const query = `a=1&key=${text}`;
    expect(await identities.select(["strict"])(present({ query }))).toEqual({ outcome: "absent" });
    expect((await identities.select(["loose"])(present({ query }))).outcome).toBe("authenticated");
    expect(await identities.select(["loose"])(present({ query, headers: { "x-key": text } }))).toMatchObject({
      reason: "malformed_credentials",
    });
    expect(await identities.select(["loose"])(present({ query: "key=%" }))).toMatchObject({
      reason: "malformed_credentials",
    });
  });
});

describe("device-session", () => {
  test("a device is known by its token, revocable within the time an answer holds, and slides on", async () => {
    const authenticate = fixture.create({ devices: { type: "device-session" } }).select(["devices"]);
    const session = {
      id: "s1",
      deviceId: "kiosk-7",
      tenantId: "t",
      scopes: ["commands"],
      barred: null,
      expiresAt: clock.now() + 1500,
    };
    fixture.devices.set("opaque", session);
    expect(await authenticate(bearer("opaque"))).toMatchObject({
      principal: { method: "device-session", subject: "kiosk-7", sessionId: "s1", roles: ["device"] },
    });
    fixture.devices.set("opaque", { ...session, expiresAt: clock.now() + 9000 });
    await clock.advance(2000);
    expect((await authenticate(bearer("opaque"))).outcome).toBe("authenticated");
    fixture.devices.set("opaque", { ...session, barred: "suspended" });
    await clock.advance(1000);
    expect(await authenticate(bearer("opaque"))).toMatchObject({ outcome: "barred", reason: "suspended" });
    fixture.devices.delete("opaque");
    await clock.advance(1000);
    expect((await authenticate(bearer("opaque"))).outcome).toBe("rejected");
    fixture.fleetDown = true;
    expect((await authenticate(bearer("other"))).outcome).toBe("unavailable");
  });
});

describe("several identities together", () => {
  test("the first that knows the caller decides, whatever the others say", async () => {
    const identities = fixture.create({
      platform: { type: "local" },
      id: oidc(),
      partners: { type: "api-key" },
    });
    const authenticate = identities.select(["platform", "id", "partners"]);
    expect(await authenticate(bearer(signToken(key(), claims())))).toMatchObject({
      principal: { identity: "id" },
    });
    const { accessToken } = await auth.sessions.login(adminCredentials, origin);
    expect(await authenticate(bearer(accessToken))).toMatchObject({ principal: { identity: "platform" } });
    expect(await authenticate(present({}))).toEqual({ outcome: "absent" });
    expect(await authenticate(bearer("a.b.c"))).toMatchObject({ outcome: "rejected" });
    expect(() => identities.select(["nobody"])).toThrow("no identity nobody");
  });

  test("where one could not find out, nobody is called wrong", async () => {
    server.down = true;
    const authenticate = fixture
      .create({ id: oidc(), platform: { type: "local" } })
      .select(["id", "platform"]);
    expect(await authenticate(bearer(signToken(key(), claims())))).toEqual({
      outcome: "unavailable",
      identity: "id",
    });
  });

  test("an authorization header that is none of ours is refused, not absent", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    for (const authorization of ["Basic dTpw", "Bearer", "Bearer a, Bearer b", "bearer  x"]) {
      expect(await authenticate(present({ headers: { authorization } }))).toMatchObject({
        reason: "malformed_credentials",
      });
    }
  });
});

describe("a pool", () => {
  const config = { type: "local", config: { cookie: false, cacheMax: 10 } };
  const poolWith = (deps: { readonly auth: typeof auth | null }) =>
    new IdentityPool({
      ...deps,
      devices: null,
      now: clock.now,
      fetch,
      readSecret: () => "",
      onFailure: () => undefined,
    });

  test("keeps an identity that stays as it was, and what it remembers, until its last user has gone", () => {
    const pool = poolWith({ auth });
    const [first, second] = [pool.acquire({ name: "a", ...config }), pool.acquire({ name: "a", ...config })];
    expect(first.identity).toBe(second.identity);
    first.release();
    expect(pool.acquire({ name: "a", ...config }).identity).toBe(second.identity);
    second.release();
    expect(pool.acquire({ name: "b", ...config }).identity).not.toBe(second.identity);
  });

  test("refuses what it cannot make, and leaves nothing behind", () => {
    const pool = poolWith({ auth: null });
    const sound = withDefaults("sound", oidc());
    const make = (entry: IdentityEntry) => () => createIdentities([sound, entry], pool);
    expect(make({ name: "a", ...config })).toThrow("needs the platform's database");
    expect(make({ name: "k", type: "api-key", config: { header: "x-api-key" } })).toThrow(
      "needs the platform's database",
    );
    const devices = { service: "fleet", cacheMs: 1, staleIfErrorMs: 1, timeoutMs: 50, cacheMax: 2 };
    expect(make({ name: "d", type: "device-session", config: devices })).toThrow("needs the fleet service");
    expect(make({ name: "x", type: "made-up", config: {} })).toThrow("no identity type made-up");
    expect(make({ name: "x", type: "toString", config: {} })).toThrow("no identity type toString");
  });
});

describe("a token in the query", () => {
  test("is refused where it may not stand, and read where it may", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    const { accessToken } = await auth.sessions.login(adminCredentials, origin);
    const query = `x=1&access_token=${accessToken}`;
    expect(await authenticate(present({ query }))).toMatchObject({ outcome: "rejected" });
    expect(
      await authenticate(present({ query: query.replace("access_token", "access%5Ftoken") })),
    ).toMatchObject({ outcome: "rejected" });
    const allowed = { query, tokenParameter: "access_token" };
    expect((await authenticate(present(allowed))).outcome).toBe("authenticated");
    expect(await authenticate(present({ ...allowed, query: `${query}&access_token=b` }))).toMatchObject({
      outcome: "rejected",
    });
    const both = { ...allowed, headers: { authorization: `Bearer ${accessToken}` } };
    expect(await authenticate(present(both))).toMatchObject({ outcome: "rejected" });
    expect(await authenticate(PresentedCredentials.ofToken(accessToken))).toMatchObject({
      outcome: "authenticated",
    });
  });
});
