import { afterAll, expect, test } from "bun:test";
import {
  createIdentityFixture,
  standIns,
  withDefaults,
} from "../../test/support/identity/identity-fixture.ts";
import { createIdentities } from "./create-identities.ts";
import { type IdentityEntry, IdentityPool } from "./identity-pool.ts";

const fixture = await createIdentityFixture();
const { auth, clock } = fixture;
afterAll(() => fixture.close());

const config = { type: "local", config: { cookie: false, cacheMax: 10 } };
const poolWith = (deps: { readonly auth: typeof auth | null; readonly readSecret?: () => string }) =>
  new IdentityPool({
    devices: null,
    ...standIns,
    now: clock.now,
    fetch,
    readSecret: () => "",
    onAnswer: () => undefined,
    onFailure: () => undefined,
    ...deps,
  });

test("keeps an unchanged identity and its cache until its last user is gone", () => {
  const pool = poolWith({ auth });
  const [first, second] = [pool.acquire({ name: "a", ...config }), pool.acquire({ name: "a", ...config })];
  expect(first.identity).toBe(second.identity);
  first.release();
  expect(pool.acquire({ name: "a", ...config }).identity).toBe(second.identity);
  second.release();
  expect(pool.acquire({ name: "b", ...config }).identity).not.toBe(second.identity);
});

test("picks up a secret that was replaced under the same reference", () => {
  let secret = "a".repeat(32);
  const pool = poolWith({ auth, readSecret: () => secret });
  const signed = withDefaults("signed", {
    type: "jwt",
    issuer: "https://id.example",
    audience: "shop",
    secret: { file: "/run/secrets/jwt" },
    algorithms: ["HS256"],
  });
  const before = pool.acquire(signed);
  expect(pool.acquire(signed).identity).toBe(before.identity);
  secret = "b".repeat(32);
  expect(pool.acquire(signed).identity).not.toBe(before.identity);
});

test("refuses what it cannot create, and releases everything", () => {
  const pool = poolWith({ auth: null });
  const sound = withDefaults("sound", { type: "oidc", issuer: "https://id.example", audience: "shop" });
  const make = (entry: IdentityEntry) => () => createIdentities([sound, entry], pool);
  expect(make({ name: "a", ...config })).toThrow("needs the platform's database");
  expect(make({ name: "k", type: "api-key", config: { header: "x-api-key", keys: {} } })).toThrow(
    "need a database",
  );
  const devices = { service: "fleet", cacheMs: 1, staleIfErrorMs: 1, timeoutMs: 50, cacheMax: 2 };
  expect(make({ name: "d", type: "device-session", config: devices })).toThrow("needs the fleet service");
  expect(make({ name: "x", type: "made-up", config: {} })).toThrow("no identity type made-up");
  expect(make({ name: "x", type: "toString", config: {} })).toThrow("no identity type toString");
});

test("names all identities that cannot be created", () => {
  const pool = poolWith({ auth: null, readSecret: () => "short" });
  const entries = ["HS256", "HS512"].map((algorithm) =>
    withDefaults(algorithm, {
      type: "jwt",
      issuer: "https://id.example",
      audience: "shop",
      secret: { env: "SECRET" },
      algorithms: [algorithm],
    }),
  );
  expect(() => createIdentities(entries, pool)).toThrow(
    "identity HS256: the secret is too short: HS256 needs at least 32 bytes; identity HS512: the secret is too short: HS512 needs at least 64 bytes",
  );
});
