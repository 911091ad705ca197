import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { addKey, revokeKey, type TokenGrant } from "@libs/auth";
import {
  adminCredentials,
  createTestKey,
  encode,
  origin,
  signRaw,
  signToken,
  signWithSecret,
} from "@libs/auth/testing";
import { sendRaw } from "@libs/testing";
import { type AccessGateway, startAccessGateway } from "./access-gateway.ts";
import { IdentityServer } from "./identity-server.ts";

/** Every attack goes through the front door of a whole gateway. None may reach the service, each must be on record, and no
 * record may hold what was presented. */
const id = new IdentityServer();
const stranger = createTestKey("k1", "RS256");
const sharedSecret = "HS_SECRET-".repeat(6);
let running: AccessGateway;
let platform: TokenGrant;
let revokedKey = "";

const authenticate = { type: "authenticate", with: ["platform", "id", "hs", "partners"] };
const route = (name: string, path: string, policies: readonly object[]) => ({
  id: name,
  match: { path },
  service: "echo",
  policies,
});

beforeAll(async () => {
  running = await startAccessGateway(
    () => ({
      identity: {
        platform: { type: "local" },
        id: {
          type: "oidc",
          issuer: id.url,
          audience: "shop",
          algorithms: ["RS256"],
          clockSkewMs: 0,
          requiredClaims: ["email"],
          claims: { tenant: "tenant" },
        },
        hs: {
          type: "jwt",
          issuer: "https://hs",
          audience: "shop",
          algorithms: ["HS256"],
          secret: { env: "HS_SECRET" },
        },
        partners: { type: "api-key", parameter: "api_key" },
      },
      routes: [
        route("private", "/private/*", [authenticate]),
        route("open", "/open/*", [{ ...authenticate, anonymous: true }]),
        route("socket", "/socket/*", [{ ...authenticate, tokenParameter: "token" }]),
        route("admin", "/admin/*", [authenticate, { type: "authorize", roles: ["admin"] }]),
        route("customer", "/customers/{customerId}", [
          authenticate,
          { type: "authorize", rules: ["claim.customer == path.customerId"] },
        ]),
        route("tenant", "/tenants/*", [
          authenticate,
          { type: "tenant", header: "x-shop", known: ["t1", "t2"] },
        ]),
        route("office", "/office/*", [{ type: "ip-rules", allow: ["10.0.0.0/8"] }]),
      ],
    }),
    { env: { HS_SECRET: sharedSecret } },
  );
  platform = await running.auth.sessions.login(adminCredentials, origin);
  const context = { sql: running.sql, auth: running.auth, now: running.clock.now, actor: "test" };
  const draft = {
    name: "n",
    owner: "acme",
    roles: [],
    scopes: [],
    tenantId: null,
    plan: null,
    weight: 1,
    expiresAt: null,
  };
  const { key, apiKey } = await addKey(context, draft);
  expect((await get("/private/a", { "x-api-key": key })).status).toBe(200);
  expect((await get(`/private/a?b=1&api%5Fkey=${key}&c=2`)).status).toBe(200);
  expect(running.echo.seen.map((seen) => seen.path)).toEqual(["/private/a", "/private/a?b=1&c=2"]);
  expect(JSON.stringify(running.echo.seen)).not.toContain(key);
  await revokeKey(context, apiKey.id);
  revokedKey = key;
  expect((await get("/private/a", bearer(signToken(good(), claims())))).status).toBe(200);
  expect((await get("/private/a", bearer(platform.accessToken))).status).toBe(200);
});
beforeEach(() => {
  running.echo.seen.length = 0;
});
afterAll(async () => {
  await running.close();
  await id.stop();
});

const seconds = () => Math.floor(running.clock.now() / 1000);
const good = () => id.keys[0] ?? stranger;
const claims = (extra: object = {}) => ({
  iss: id.url,
  aud: "shop",
  sub: "u1",
  email: "u1@shop.test",
  exp: seconds() + 600,
  ...extra,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(running.url(path), { headers });
const raw = (head: string) =>
  sendRaw(running.port, `${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const header = (extra: object = {}) => JSON.stringify({ alg: "RS256", kid: "k1", ...extra });
const payload = (extra: object = {}) => JSON.stringify(claims(extra));

function respelt(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.at(-1) ?? "");
  return token.slice(0, -1) + alphabet[last ^ 1];
}

/** Tokens that must not open `/private`. */
const tokens: readonly (readonly [string, () => string])[] = [
  ["alg none", () => `${encode('{"alg":"none"}')}.${encode(payload())}.`],
  ["alg NONE with a signature", () => signToken(good(), claims(), { alg: "NONE" })],
  [
    "algorithm confusion: the public key's PEM as an HMAC secret",
    () =>
      signWithSecret(Buffer.from(good().publicKey.export({ type: "spki", format: "pem" })), claims(), {
        kid: "k1",
      }),
  ],
  [
    "algorithm confusion: the public key's JWK as an HMAC secret",
    () => signWithSecret(Buffer.from(JSON.stringify(good().jwk)), claims(), { kid: "k1" }),
  ],
  ["a weaker algorithm of the same key", () => signToken(good(), claims(), { alg: "RS384" })],
  ["an unknown kid", () => signToken(stranger, claims(), { kid: "k9" })],
  ["a kid that is a path", () => signToken(stranger, claims(), { kid: "../../../dev/null" })],
  ["a kid that is SQL", () => signToken(stranger, claims(), { kid: "k' UNION SELECT 'x" })],
  ["a kid of no characters", () => signToken(stranger, claims(), { kid: "" })],
  ["a kid of 10,000 characters", () => signToken(stranger, claims(), { kid: "k".repeat(5000) })],
  ["jku", () => signToken(stranger, claims(), { jku: "https://evil.example/jwks" })],
  ["x5u", () => signToken(stranger, claims(), { x5u: "https://evil.example/x5u" })],
  ["jwk", () => signToken(stranger, claims(), { jwk: stranger.jwk })],
  ["x5c", () => signToken(stranger, claims(), { x5c: ["MIIB"] })],
  ["crit", () => signToken(good(), claims(), { crit: ["exp"] })],
  ["a stranger's signature", () => signToken(stranger, claims())],
  [
    "a claim changed after signing",
    () => signToken(good(), claims()).replace(/\.[^.]+\./, `.${encode(payload({ sub: "admin" }))}.`),
  ],
  ["expired", () => signToken(good(), claims({ exp: seconds() }))],
  ["not yet valid", () => signToken(good(), claims({ nbf: seconds() + 60 }))],
  ["issued in the future", () => signToken(good(), claims({ iat: seconds() + 60 }))],
  ["without expiry", () => signToken(good(), claims({ exp: undefined }))],
  ["an expiry of text", () => signToken(good(), claims({ exp: String(seconds() + 600) }))],
  ["the wrong issuer", () => signToken(good(), claims({ iss: "https://evil.example" }))],
  ["an issuer with a slash more", () => signToken(good(), claims({ iss: `${id.url}/` }))],
  ["the wrong audience", () => signToken(good(), claims({ aud: "bank" }))],
  ["no audience", () => signToken(good(), claims({ aud: undefined }))],
  ["a missing required claim", () => signToken(good(), claims({ email: undefined }))],
  ["no subject", () => signToken(good(), claims({ sub: undefined }))],
  ["a duplicate claim", () => signRaw(good(), header(), `{"sub":"admin",${payload().slice(1)}`)],
  [
    "a duplicate claim in another spelling",
    () => signRaw(good(), header(), `{"\\u0073ub":"admin",${payload().slice(1)}`),
  ],
  ["a duplicate header", () => signRaw(good(), `{"alg":"none",${header().slice(1)}`, payload())],
  [
    "__proto__ as a claim",
    () => signRaw(good(), header(), `{"__proto__":{"email":"x"},${payload().slice(1)}`),
  ],
  ["padding", () => `${signToken(good(), claims())}=`],
  ["the same bytes in another spelling", () => respelt(signToken(good(), claims()))],
  ["a platform token in another spelling, after it was remembered", () => respelt(platform.accessToken)],
  ["four parts", () => `${signToken(good(), claims())}.e30`],
  ["two parts", () => signToken(good(), claims()).split(".", 2).join(".")],
  ["an oversized token", () => signToken(good(), claims({ pad: "x".repeat(9000) }))],
  ["a deeply nested token", () => signRaw(good(), header(), `{"n":${nested(900)},${payload().slice(1)}`)],
  [
    "a token of another type of the platform",
    () => signToken(good(), claims({ iss: "cartway", aud: "cartway" }), { typ: "at+jwt" }),
  ],
  [
    "a shared secret's token signed by another secret",
    () => signWithSecret(Buffer.alloc(40, 1), claims({ iss: "https://hs" })),
  ],
];

async function securityEvents(): Promise<number> {
  const text = await running.metrics.render();
  return [...text.matchAll(/^cartway_security_events_total\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

/** Runs an attack and holds it to the three things. */
async function expectRefused(
  attack: () => Promise<{ readonly status: number }>,
  expected: { readonly status: number; readonly secret?: string },
): Promise<void> {
  const before = await securityEvents();
  const lines = running.log.lines.length;
  expect((await attack()).status).toBe(expected.status);
  expect(running.echo.seen).toEqual([]);
  expect(await securityEvents()).toBe(before + 1);
  const logged = JSON.stringify(running.log.lines.slice(lines));
  expect(logged).toContain('"security":');
  if (expected.secret !== undefined) {
    expect(logged).not.toContain(expected.secret);
    expect(await running.metrics.render()).not.toContain(expected.secret);
  }
}

describe("a token is refused, on a private route and on one that lets strangers in:", () => {
  test.each(tokens.map(([name, make]) => ({ name, make })))("$name", async ({ make }) => {
    const token = make();
    const isWellFormed = /^[A-Za-z0-9._~+/-]+=*$/.test(token);
    const expected = { status: isWellFormed ? 401 : 400, secret: token };
    await expectRefused(() => get("/private/a", bearer(token)), expected);
    await expectRefused(() => get("/open/a", bearer(token)), expected);
  });

  test("and the answer says invalid_token, not why", async () => {
    const answer = await get("/private/a", bearer(signToken(stranger, claims())));
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer realm="cartway", error="invalid_token", error_description="The token is not valid."',
    );
    expect(await answer.text()).not.toContain("signature");
  });
});

describe("a scheme that is not quite right is refused and never anonymous:", () => {
  const tricks = [
    "Bearer",
    "Bearer\t{}",
    "Bearer  {}",
    "Bearer {} x",
    "Bearer,{}",
    "Bearer:{}",
    "Bearer={}",
    "Bea rer {}",
    "Token {}",
    "Basic {}",
    "{}",
  ];
  test.each(tricks.map((trick) => ({ trick })))("$trick", async ({ trick }) => {
    const authorization = trick.replace("{}", platform.accessToken);
    await expectRefused(() => get("/open/a", { authorization }), {
      status: 400,
      secret: platform.accessToken,
    });
  });

  test("its case makes no difference (RFC 9110): a good token opens, a bad one does not", async () => {
    expect((await get("/private/a", { authorization: `bEaReR ${platform.accessToken}` })).status).toBe(200);
    running.echo.seen.length = 0;
    const bad = signToken(stranger, claims());
    await expectRefused(() => get("/open/a", { authorization: `BEARER ${bad}` }), {
      status: 401,
      secret: bad,
    });
  });
});

describe("credentials given twice or where they may not stand are refused:", () => {
  test("two Authorization headers, equal or not", async () => {
    const bad = signToken(stranger, claims());
    for (const second of [platform.accessToken, bad]) {
      await expectRefused(
        () =>
          raw(
            `GET /private/a HTTP/1.1\r\nAuthorization: Bearer ${platform.accessToken}\r\nAuthorization: Bearer ${second}`,
          ),
        { status: 400, secret: platform.accessToken },
      );
    }
  });

  test("a token in the query, in any spelling of its name", async () => {
    for (const name of ["access_token", "access%5ftoken", "%61ccess_token"]) {
      await expectRefused(() => get(`/private/a?x=1&${name}=${platform.accessToken}`), {
        status: 400,
        secret: platform.accessToken,
      });
      await expectRefused(() => get(`/open/a?${name}=${platform.accessToken}`), {
        status: 400,
        secret: platform.accessToken,
      });
    }
  });

  test("a token in the query and in the header, or twice in the query", async () => {
    const query = `token=${platform.accessToken}`;
    await expectRefused(() => get(`/socket/a?${query}`, bearer(platform.accessToken)), { status: 400 });
    await expectRefused(() => get(`/socket/a?${query}&${query}`), { status: 400 });
  });

  test("where the query may hold it, it opens, and goes no further than the gateway", async () => {
    expect((await get(`/socket/a?x=1&token=${platform.accessToken}&y=2`)).status).toBe(200);
    expect(running.echo.seen.map((seen) => seen.path)).toEqual(["/socket/a?x=1&y=2"]);
    expect(JSON.stringify(running.echo.seen)).not.toContain(platform.accessToken);
  });
});

describe("what is taken back is refused:", () => {
  test("a key after its revocation", async () => {
    await expectRefused(() => get("/private/a", { "x-api-key": revokedKey }), {
      status: 401,
      secret: revokedKey,
    });
  });

  test("a token after the logout of its session, though it was remembered", async () => {
    const grant = await running.auth.sessions.login(adminCredentials, origin);
    expect((await get("/private/a", bearer(grant.accessToken))).status).toBe(200);
    running.echo.seen.length = 0;
    const out = await fetch(running.url("/auth/logout"), {
      method: "POST",
      headers: bearer(grant.accessToken),
    });
    expect(out.status).toBe(204);
    await expectRefused(() => get("/private/a", bearer(grant.accessToken)), {
      status: 401,
      secret: grant.accessToken,
    });
  });

  test("a refresh token that was used before, and everything of its session", async () => {
    const grant = await running.auth.sessions.login(adminCredentials, origin);
    const refresh = () =>
      fetch(running.url("/auth/refresh"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ refreshToken: grant.refreshToken }),
      });
    const second: TokenGrant = JSON.parse(await (await refresh()).text());
    expect((await refresh()).status).toBe(401);
    expect(running.events.at(-1)).toMatchObject({ kind: "refresh_reused" });
    await expectRefused(() => get("/private/a", bearer(second.accessToken)), {
      status: 401,
      secret: second.accessToken,
    });
  });
});

describe("nobody becomes somebody else:", () => {
  test("identity headers from outside never reach the service", async () => {
    const forged = {
      "x-user-id": "admin",
      "X-User-Roles": "admin",
      "x-tenant-id": "t9",
      "x-auth-method": "mtls",
      "x-session-id": "s",
      "x-user-scopes": "all",
      "x-device-id": "d",
      "x-customer-id": "c",
      "x-watermark-id": "w",
    };
    expect((await get("/open/a", forged)).status).toBe(200);
    expect(
      (
        await get("/private/a", {
          ...forged,
          ...bearer(signToken(good(), claims({ sid: "mine", tenant: "t1" }))),
        })
      ).status,
    ).toBe(200);
    const [anonymous, known] = running.echo.seen.map(({ headers }) =>
      Object.entries(headers)
        .filter(([name]) => name in forged || name === "x-user-roles")
        .map(([name, value]) => `${name}: ${value}`)
        .toSorted(),
    );
    expect(anonymous).toEqual([]);
    expect(known).toEqual(["x-auth-method: jwt", "x-session-id: mine", "x-tenant-id: t1", "x-user-id: u1"]);
    expect(running.echo.seen[1]?.headers["authorization"]).toBeUndefined();
  });

  test("a claim cannot end a header or add one", async () => {
    const sub = "u1\r\nx-user-roles: admin\u0000,é\u{1f600}%";
    expect((await get("/private/a", bearer(signToken(good(), claims({ sub }))))).status).toBe(200);
    expect(running.echo.seen[0]?.headers["x-user-id"]).toBe(
      "u1%0D%0Ax-user-roles:%20admin%00%2C%C3%A9%F0%9F%98%80%25",
    );
    expect(running.echo.seen[0]?.headers["x-user-roles"]).toBeUndefined();
  });

  test("roles that a foreign token claims open nothing", async () => {
    const token = signToken(good(), claims({ roles: ["admin"], role: "admin" }));
    await expectRefused(() => get("/admin/a", bearer(token)), { status: 403 });
    expect((await get("/admin/a", bearer(platform.accessToken))).status).toBe(200);
  });

  test("a customer sees no other customer's page", async () => {
    const token = signToken(good(), claims({ customer: "c1" }));
    expect((await get("/customers/c1", bearer(token))).status).toBe(200);
    running.echo.seen.length = 0;
    for (const path of ["/customers/c2", "/customers/c1%20", "/customers/C1", "/customers/c1%00"]) {
      const status = (await get(path, bearer(token))).status;
      expect([path, status === 403 || status === 400]).toEqual([path, true]);
      expect(running.echo.seen).toEqual([]);
    }
    await expectRefused(
      () => get("/customers/c1", bearer(signToken(good(), claims({ customer: { toString: "c1" } })))),
      { status: 403 },
    );
    await expectRefused(() => get("/customers/undefined", bearer(signToken(good(), claims()))), {
      status: 403,
    });
  });
});

describe("nobody hops to another tenant:", () => {
  const member = () => bearer(signToken(good(), claims({ tenant: "t1" })));

  test("by naming it, by naming two, or with an identity that grants none", async () => {
    expect((await get("/tenants/a", { ...member(), "x-shop": "t1" })).status).toBe(200);
    expect(running.echo.seen[0]?.headers["x-tenant-id"]).toBe("t1");
    running.echo.seen.length = 0;
    for (const shop of ["t2", "T1", "t9", "t1, t2", "../t1", ""]) {
      await expectRefused(() => get("/tenants/a", { ...member(), "x-shop": shop }), { status: 403 });
    }
    const homeless = bearer(signToken(good(), claims()));
    await expectRefused(() => get("/tenants/a", { ...homeless, "x-shop": "t1" }), { status: 403 });
    await expectRefused(() => get("/tenants/a", homeless), { status: 403 });
    await expectRefused(() => get("/tenants/a", bearer(signToken(good(), claims({ tenant: "t9" })))), {
      status: 403,
    });
  });
});

describe("nobody comes from another address:", () => {
  test("forged forwarding headers of a stranger are not believed", async () => {
    const forged = [
      "x-forwarded-for",
      "x-real-ip",
      "forwarded",
      "x-client-ip",
      "true-client-ip",
      "cf-connecting-ip",
    ];
    for (const name of forged) {
      await expectRefused(
        () => get("/office/a", { [name]: name === "forwarded" ? "for=10.0.0.1" : "10.0.0.1" }),
        { status: 403 },
      );
    }
  });
});

test("every refusal is in the envelope, with a request id and no cache", async () => {
  const answer = await get("/private/a");
  expect([
    answer.status,
    answer.headers.get("www-authenticate"),
    answer.headers.get("cache-control"),
  ]).toEqual([401, 'Bearer realm="cartway"', "no-store"]);
  const { error } = JSON.parse(await answer.text());
  expect([error.code, error.requestId]).toEqual(["unauthenticated", answer.headers.get("x-request-id")]);
});
