import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import type { Sql } from "@libs/database";
import { createManualClock } from "@libs/testing";
import { openSql } from "../../test/open-sql.ts";
import { staticKeys } from "../token/key-source.ts";
import { createTokenVerifier } from "../token/token-verifier.ts";
import { createKeyProtection, type KeyProtection } from "./key-protection.ts";
import { type SigningAlgorithm } from "./signing-key-store.ts";
import { SigningKeys } from "./signing-keys.ts";

const sql = await openSql();
const day = 86_400_000;
const hour = 3_600_000;
let clock = createManualClock();
afterAll(() => sql.close());
beforeEach(async () => {
  clock = createManualClock();
  await sql.query("truncate auth_signing_keys, auth_changes");
});

const secret = Buffer.alloc(32, 1);

function create(
  protection: KeyProtection = createKeyProtection(null),
  algorithm: SigningAlgorithm = "EdDSA",
  store: Sql = sql,
): SigningKeys {
  return new SigningKeys({
    sql: store,
    protection,
    algorithm,
    now: clock.now,
    rotationMs: 30 * day,
    publishAheadMs: hour,
    overlapMs: 20 * 60_000,
  });
}

function verdictOf(keys: SigningKeys, token: string) {
  return createTokenVerifier({
    keys,
    algorithms: ["EdDSA", "ES256"],
    rules: {
      issuers: null,
      audiences: null,
      requiredClaims: [],
      types: null,
      clockSkewMs: 0,
      requireExpiry: false,
      anyHolder: false,
      lifetimeMaxMs: null,
    },
    bounds: { lengthMax: 4096, depthMax: 4 },
    now: clock.now,
  }).verify(token);
}

async function kid(keys: SigningKeys): Promise<string> {
  const [header = ""] = (await keys.sign({})).split(".");
  return JSON.parse(Buffer.from(header, "base64url").toString()).kid;
}

test("instances that start concurrently create one key", async () => {
  const instances = [create(), create(), create()];
  await Promise.all(instances.map((keys) => keys.maintain()));
  expect(new Set(await Promise.all(instances.map(kid))).size).toBe(1);
});

test("no private key is published", async () => {
  const keys = create();
  await keys.maintain();
  expect(keys.jwks().keys.map((jwk) => Object.keys(jwk).toSorted())).toEqual([
    ["alg", "crv", "kid", "kty", "use", "x"],
  ]);
});

test("a rotation publishes the next key ahead of its use, and keeps the previous one for its tokens", async () => {
  const keys = create();
  await keys.maintain();
  const first = await kid(keys);
  const oldToken = await keys.sign({ sub: "u" });

  await clock.advance(30 * day - hour);
  await keys.maintain();
  expect(keys.jwks().keys.length).toBe(2);
  expect(await kid(keys)).toBe(first);

  await clock.advance(hour);
  const second = await kid(keys);
  expect(second).not.toBe(first);
  await keys.maintain();
  expect(verdictOf(keys, oldToken)).toMatchObject({ verdict: "valid" });
  expect(keys.generation).toBe(0);

  await clock.advance(20 * 60_000);
  await keys.maintain();
  expect(verdictOf(keys, oldToken)).toEqual({ verdict: "invalid", fault: "unknown_key" });
  expect(keys.generation).toBe(1);
  expect(keys.jwks().keys.map((jwk) => jwk.kid)).toEqual([second]);
});

test("in an emergency all keys are replaced at once", async () => {
  const keys = create(createKeyProtection(null), "ES256");
  await keys.maintain();
  const token = await keys.sign({ sub: "u" });
  await keys.replaceAll();
  expect(verdictOf(keys, token)).toEqual({ verdict: "invalid", fault: "unknown_key" });
  expect(verdictOf(keys, await keys.sign({ sub: "u" }))).toMatchObject({ verdict: "valid" });
});

test("a token without a key id finds no key, and none can be signed before keys are loaded", () => {
  const keys = create();
  expect(keys.find(null)).toEqual({ found: false, reason: "unknown_key" });
  expect(keys.sign({})).rejects.toThrow("maintain");
  expect(staticKeys([]).find(null)).toEqual({ found: false, reason: "unknown_key" });
});

describe("private keys in the store", () => {
  const stored = async () =>
    (await sql.query<{ private_key: string }>("select private_key from auth_signing_keys"))[0]?.private_key ??
    "";

  test("are encrypted with a configured secret, and readable only with it", async () => {
    await create(createKeyProtection(secret)).maintain();
    expect(await stored()).toStartWith("aes-256-gcm:");
    await expect(create(createKeyProtection(Buffer.alloc(32, 2))).maintain()).rejects.toThrow(
      "sealed with another secret: set AUTH_SIGNING_SECRET to",
    );
    await expect(create(createKeyProtection(null)).maintain()).rejects.toThrow("no secret is configured");
    await create(createKeyProtection(secret)).maintain();
  });

  test("that were stored in plain text are encrypted once a secret is configured", async () => {
    await create().maintain();
    expect(await stored()).toContain("PRIVATE KEY");
    await create(createKeyProtection(secret)).maintain();
    expect(await stored()).toStartWith("aes-256-gcm:");
  });

  test("cannot be used under another key id, and a short secret is refused", () => {
    const protection = createKeyProtection(secret);
    expect(protection.open(protection.seal("pem", "a"), "a")).toBe("pem");
    expect(() => protection.open(protection.seal("pem", "a"), "b")).toThrow("sealed with another secret");
    expect(() => createKeyProtection(Buffer.alloc(31))).toThrow("at least 32");
  });
});

test("a replaced key is not trusted again by a read that began before and is answered late", async () => {
  const owner = create();
  await owner.maintain();
  const [read, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let reads = 0;
  const slowAtFirst: Sql = {
    async query(text, parameters, options) {
      reads += 1;
      const isFirst = reads === 1;
      const rows = await sql.query<never>(text, parameters, options);
      read.resolve();
      if (isFirst) await late.promise;
      return rows;
    },
    transaction: (work) => sql.transaction(work),
  };
  const other = create(createKeyProtection(null), "EdDSA", slowAtFirst);
  const early = other.reload();
  await read.promise;
  await owner.replaceAll();
  await other.reload();
  late.resolve();
  await early;
  expect(other.jwks()).toEqual(owner.jwks());
});
