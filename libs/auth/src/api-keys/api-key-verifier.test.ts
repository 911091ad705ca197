import { afterAll, beforeEach, expect, test } from "bun:test";
import { createManualClock, type ManualClock } from "@libs/testing";
import { newApiKey } from "../../test/new-api-key.ts";
import { openSql } from "../../test/open-sql.ts";
import { ChangeFeed } from "../changes/change-feed.ts";
import { prune } from "../changes/prune.ts";
import type { Sql } from "@libs/database";
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from "./api-key-store.ts";
import { mintApiKey } from "./api-key.ts";
import { ApiKeyVerifier } from "./api-key-verifier.ts";

const sql = await openSql();
let clock: ManualClock;
let broken = false;
let queries = 0;
afterAll(() => sql.close());
beforeEach(async () => {
  clock = createManualClock();
  broken = false;
  queries = 0;
  await sql.query("truncate auth_api_keys, auth_changes");
});

const counted: Sql = {
  query(text, params) {
    queries += 1;
    return broken ? Promise.reject(new Error("the store is away")) : sql.query(text, params);
  },
  transaction: (work) => sql.transaction(work),
};

const partner = newApiKey({
  roles: ["customer"],
  scopes: ["events:write"],
  tenantId: "t1",
  plan: "gold",
  weight: 2,
});

/** An instance of its own: a feed and a verifier on the common store. */
function createInstance(lookupsMax = 8) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const feed = new ChangeFeed({ sql: counted, now: clock.now, pollMs: 60_000, historyMs: 60_000, onError });
  const verifier = new ApiKeyVerifier({
    sql: counted,
    feed,
    now: clock.now,
    cacheMax: 100,
    staleIfErrorMs: 60_000,
    unknownMs: 10_000,
    lookupsMax,
    onError,
  });
  return { feed, verifier, errors };
}

test("a valid key is verified from the cache after its first use, with everything it grants", async () => {
  const { key, apiKey } = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  expect(await verifier.verify(key)).toMatchObject({
    verdict: "valid",
    apiKey: { ...partner, id: apiKey.id },
  });
  expect(verifier.verify(key)).not.toBeInstanceOf(Promise);
  expect(key.startsWith(apiKey.prefix)).toBe(true);
  expect(JSON.stringify(await sql.query("select * from auth_api_keys"))).not.toContain(key);
});

test("a revoked key is refused on every instance as soon as its feed has been read", async () => {
  const { key, apiKey } = await createApiKey(sql, partner, clock.now());
  const instances = [createInstance(), createInstance()];
  for (const { feed, verifier } of instances) {
    await feed.sync();
    await verifier.verify(key);
  }
  await sql.transaction((inner) => revokeApiKey(inner, apiKey.id, clock.now()));
  for (const { feed, verifier } of instances) {
    await feed.sync();
    expect(await verifier.verify(key)).toEqual({ verdict: "invalid", fault: "revoked" });
  }
});

test("a revocation during the key's lookup is not lost", async () => {
  const { key, apiKey } = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  const lookup = verifier.verify(key);
  await sql.transaction((inner) => revokeApiKey(inner, apiKey.id, clock.now()));
  await feed.sync();
  await lookup;
  expect(await verifier.verify(key)).toEqual({ verdict: "invalid", fault: "revoked" });
});

test("a rotation creates a new key, and the old one stays valid for the overlap", async () => {
  const old = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  await verifier.verify(old.key);
  const fresh = await sql.transaction((inner) => rotateApiKey(inner, old.apiKey.id, 1500, clock.now()));
  await feed.sync();
  expect(fresh.apiKey).toMatchObject(partner);
  expect(await verifier.verify(old.key)).toMatchObject({ verdict: "valid" });
  expect(await verifier.verify(fresh.key)).toMatchObject({ verdict: "valid" });
  await clock.advance(1500);
  expect(await verifier.verify(old.key)).toEqual({ verdict: "invalid", fault: "expired" });
  expect(
    sql.transaction((inner) => rotateApiKey(inner, old.apiKey.id, 0, clock.now())),
  ).rejects.toMatchObject({ code: "conflict" });
});

test("while the store is down, cached keys stay valid for the configured time and new ones are refused", async () => {
  const known = await createApiKey(sql, partner, clock.now());
  const fresh = await createApiKey(sql, partner, clock.now());
  const { feed, verifier, errors } = createInstance();
  await feed.sync();
  await verifier.verify(known.key);
  broken = true;
  expect(await verifier.verify(fresh.key)).toEqual({ verdict: "unavailable" });
  await clock.advance(60_000);
  expect(await verifier.verify(known.key)).toMatchObject({ verdict: "valid" });
  await clock.advance(1);
  expect(await verifier.verify(known.key)).toEqual({ verdict: "unavailable" });
  expect(errors.length).toBe(3);
});

test("a clock that is set back prolongs no key", async () => {
  const { apiKey, key } = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  await verifier.verify(key);
  await clock.advance(-3_600_000);
  await revokeApiKey(sql, apiKey.id, clock.now());
  expect(await verifier.verify(key)).toMatchObject({ verdict: "invalid", fault: "revoked" });
});

test("a key revoked while this instance was disconnected is refused afterwards, however long that was", async () => {
  for (const awayMs of [70_000, 90_000_000]) {
    const { key, apiKey } = await createApiKey(sql, partner, clock.now());
    const { feed, verifier } = createInstance();
    await feed.sync();
    await verifier.verify(key);
    broken = true;
    await sql.transaction((inner) => revokeApiKey(inner, apiKey.id, clock.now()));
    await clock.advance(awayMs);
    await prune(sql, clock.now(), 86_400_000);
    broken = false;
    await feed.sync();
    expect(await verifier.verify(key)).toEqual({ verdict: "invalid", fault: "revoked" });
  }
});

test("invented keys cost the store little: the format is checked first, each is looked up once, lookups are bounded", async () => {
  const { feed, verifier } = createInstance(2);
  await feed.sync();
  const before = queries;
  for (const text of ["", "cwk_", "x".repeat(100_000), "cwk_12345678_' or 1=1"]) {
    expect(verifier.verify(text)).toEqual({ verdict: "invalid", fault: "malformed" });
  }
  expect(queries).toBe(before);
  const [first, second, third] = [mintApiKey().key, mintApiKey().key, mintApiKey().key];
  const lookups = [verifier.verify(first), verifier.verify(first), verifier.verify(second)];
  expect(verifier.verify(third)).toEqual({ verdict: "unavailable" });
  await Promise.all(lookups);
  expect(verifier.verify(first)).toEqual({ verdict: "invalid", fault: "unknown" });
  expect(queries).toBe(before + 2);
});

test("the times of last use are written in one batch", async () => {
  const { key } = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  await verifier.verify(key);
  await clock.advance(1000);
  await verifier.verify(key);
  await verifier.flush();
  await verifier.flush();
  expect(
    (await listApiKeys(sql, { owner: "acme", after: null, limit: 10 })).map((listed) => listed.lastUsedAt),
  ).toEqual([clock.now()]);
  expect(await listApiKeys(sql, { owner: "nobody", after: null, limit: 10 })).toEqual([]);
});

test("times of last use that could not be written are written with the next batch", async () => {
  const { key } = await createApiKey(sql, partner, clock.now());
  const { feed, verifier } = createInstance();
  await feed.sync();
  await verifier.verify(key);
  broken = true;
  await expect(verifier.flush()).rejects.toThrow("away");
  broken = false;
  await verifier.flush();
  const [listed] = await listApiKeys(sql, { owner: "acme", after: null, limit: 10 });
  expect(listed?.lastUsedAt).toBe(clock.now());
});

test("revoking an unknown key reports it", () => {
  const id = crypto.randomUUID();
  expect(revokeApiKey(sql, id, clock.now())).rejects.toMatchObject({ code: "not_found" });
  expect(rotateApiKey(sql, id, 0, clock.now())).rejects.toMatchObject({ code: "not_found" });
});
