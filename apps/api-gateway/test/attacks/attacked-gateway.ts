import { afterAll, beforeEach, expect } from "bun:test";
import type { TokenGrant } from "@libs/auth";
import { addKey, revokeKey } from "@libs/auth/platform";
import {
  adminCredentials,
  createTestKey,
  newApiKey,
  origin,
  signToken,
  type TestKey,
} from "@libs/auth/testing";
import { type AccessGateway, startAccessGateway } from "../support/access-gateway.ts";
import { IdentityServer } from "../support/identity/identity-server.ts";

/** The expected result of an attack: refused with a status, not forwarded, and recorded as one event without the secret. */
export interface Refusal {
  readonly status: number;
  /** Must not occur in any log line or metric. */
  readonly secret?: string;
}

/** A whole gateway with routes, a hub, and an identity of each kind, for attacks through its front door. */
export interface AttackedGateway {
  readonly running: AccessGateway;
  /** The issuer of `good()`'s tokens. */
  readonly id: IdentityServer;
  /** The issuer of tokens by ES256 (`e1`) and EdDSA (`d1`). */
  readonly elliptic: IdentityServer;
  /** A key of the same name as the issuer's that is not the issuer's. */
  readonly stranger: TestKey;
  /** The key of the issuer. */
  readonly good: () => TestKey;
  readonly seconds: () => number;
  /** Valid claims, changed by the test. */
  readonly claims: (extra?: object) => Readonly<Record<string, unknown>>;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** Requests a WebSocket on one of the hub's endpoints; returns the refusal, or 101. */
  readonly upgrade: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  readonly login: () => Promise<TokenGrant>;
  /** An API key that is valid until it is revoked. */
  readonly makeKey: () => Promise<{ readonly key: string; readonly revoke: () => Promise<unknown> }>;
  /** Runs an attack and holds it to all of `Refusal`. */
  readonly expectRefused: (
    attack: () => Promise<{ readonly status: number }>,
    refusal: Refusal,
  ) => Promise<void>;
}

export const sharedSecret = "HS_SECRET-".repeat(6);

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const known = ["platform", "id", "hs", "elliptic", "partners"];
const authenticate = { type: "authenticate", with: known };

const route = (name: string, path: string, policies: readonly object[]) => ({
  id: name,
  match: { path },
  service: "echo",
  policies,
});

const routes = [
  route("private", "/private/*", [authenticate]),
  route("open", "/open/*", [{ ...authenticate, anonymous: true }]),
  route("socket", "/socket/*", [{ ...authenticate, tokenParameter: "token" }]),
  route("admin", "/admin/*", [authenticate, { type: "authorize", roles: ["admin"] }]),
  route("customer", "/customers/{customerId}", [
    authenticate,
    { type: "authorize", rules: ["claim.customer == path.customerId"] },
  ]),
  route("tenant", "/tenants/*", [authenticate, { type: "tenant", header: "x-shop", known: ["t1", "t2"] }]),
];

const messages = { cart_event: { service: "echo", path: "/events" } };
const hub = {
  publish: { with: known },
  endpoints: [
    { path: "/ws", authenticate: { with: known, anonymous: true }, origins: ["https://shop.test"], messages },
    { path: "/ws/private", authenticate: { with: known }, messages },
    { path: "/ws/customer", authenticate: { with: known }, personal: "customer" },
  ],
};

function identitiesOf(id: IdentityServer, elliptic: IdentityServer): object {
  const issued = { audience: "shop", clockSkewMs: 0, subjectPrefix: "" };
  return {
    platform: { type: "local" },
    id: {
      type: "oidc",
      issuer: id.url,
      algorithms: ["RS256"],
      requiredClaims: ["email"],
      claims: { tenant: "tenant" },
      ...issued,
    },
    elliptic: { type: "oidc", issuer: elliptic.url, algorithms: ["ES256", "EdDSA"], ...issued },
    hs: {
      type: "jwt",
      issuer: "https://hs",
      algorithms: ["HS256"],
      secret: { env: "HS_SECRET" },
      ...issued,
    },
    partners: { type: "api-key", parameter: "api_key" },
  };
}

/** Starts it for the tests of a file, which forget between each other what reached the service, and ends it after them. */
export async function startAttackedGateway(): Promise<AttackedGateway> {
  const id = new IdentityServer();
  const elliptic = new IdentityServer();
  elliptic.keys = [createTestKey("e1", "ES256"), createTestKey("d1", "EdDSA")];
  const running = await startAccessGateway(
    () => ({ identity: identitiesOf(id, elliptic), routes, hub }),
    // a second of a limit is over in a millisecond: of a flood of events only some would be written to the log
    { env: { HS_SECRET: sharedSecret }, monotonicNow: () => performance.now() * 1000 },
  );
  const stranger = createTestKey("k1", "RS256");
  const good = () => id.keys[0] ?? stranger;
  const seconds = () => Math.floor(running.clock.now() / 1000);
  const context = { sql: running.sql, auth: running.auth, now: running.clock.now, actor: "test" };
  const attacked: AttackedGateway = {
    running,
    id,
    elliptic,
    stranger,
    good,
    seconds,
    claims: (extra = {}) => ({
      iss: id.url,
      aud: "shop",
      sub: "u1",
      email: "u1@shop.test",
      exp: seconds() + 600,
      ...extra,
    }),
    get: (path, headers = {}) => fetch(running.url(path), { headers }),
    upgrade: (path, headers = {}) => fetch(running.url(path), { headers: { ...handshake, ...headers } }),
    login: () => running.auth.sessions.login(adminCredentials, origin),
    async makeKey() {
      const { key, apiKey } = await addKey(context, newApiKey());
      return { key, revoke: () => revokeKey(context, apiKey.id) };
    },
    expectRefused: (attack, refusal) => expectRefused(running, attack, refusal),
  };
  beforeEach(() => {
    running.echo.seen.length = 0;
  });
  afterAll(async () => {
    await running.close();
    await id.stop();
    await elliptic.stop();
  });
  await expectLetIn(attacked);
  return attacked;
}

/** What a client sends to open a WebSocket. */
export const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Valid credentials are accepted, so that a refusal proves something. */
async function expectLetIn({ running, get, login, claims, good, elliptic }: AttackedGateway) {
  const tokens = [signToken(good(), claims()), (await login()).accessToken];
  for (const key of elliptic.keys) tokens.push(signToken(key, claims({ iss: elliptic.url })));
  for (const token of tokens) expect((await get("/private/a", bearer(token))).status).toBe(200);
  running.echo.seen.length = 0;
}

/** The same on whatever gateway. */
export async function expectRefused(
  running: AccessGateway,
  attack: () => Promise<{ readonly status: number }>,
  { status, secret }: Refusal,
): Promise<void> {
  const before = await countEvents(running);
  const lines = running.log.lines.length;
  expect((await attack()).status).toBe(status);
  expect(running.echo.seen).toEqual([]);
  expect(await countEvents(running)).toBe(before + 1);
  const logged = JSON.stringify(running.log.lines.slice(lines));
  expect(logged).toContain('"security":');
  if (secret === undefined) return;
  expect(logged).not.toContain(secret);
  expect(await running.metrics.render()).not.toContain(secret);
}

async function countEvents({ metrics }: AccessGateway): Promise<number> {
  const text = await metrics.render();
  return [...text.matchAll(/^cartway_security_events_total\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}
