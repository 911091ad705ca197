import { afterAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { join, resolve } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { discoveries } from "../../discovery/registry.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());
const file = directory.file("gateway.yaml");
await Bun.write(
  file,
  `version: 1
services:
  shop:
    discovery: { type: static, targets: [{ url: "http://127.0.0.1:1" }] }
routes:
  - id: first
    match: { path: /first }
    policies: [{ type: respond, body: hello }]
  - id: shop
    match: { path: /shop/* }
    service: shop
    bodyBytesMax: 10
`,
);

const check = (...args: readonly string[]) => checkIn({}, ...args);

async function checkIn(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const child = Bun.spawn(["bun", join(import.meta.dir, "check-config.ts"), ...args], {
    env: { ...process.env, REDIS_URL: "", DATABASE_URL: "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err: err.replaceAll(`${directory.path}/`, ""), code };
}

test("exits with 0 for a valid file; reports a missing file, each of several files, and missing arguments", async () => {
  expect(await check(file)).toMatchObject({ code: 0, out: expect.stringContaining("2 routes, 1 service") });
  expect(await check("/nowhere.yaml")).toMatchObject({
    code: 1,
    err: "/nowhere.yaml: there is no such file\n",
  });
  expect(await check("/nowhere.yaml", file)).toMatchObject({
    code: 1,
    out: expect.stringContaining("nothing wrong"),
    err: "/nowhere.yaml: there is no such file\n",
  });
  expect(await check()).toMatchObject({ code: 2, err: expect.stringContaining("usage") });
}, 60_000);

test("missing variables and secret files are reported as warnings", async () => {
  const own = directory.file("secrets.yaml");
  const publicKey = directory.file("public.pem");
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await Bun.write(publicKey, pair.publicKey.export({ type: "spki", format: "pem" }));
  const secret = (name: string) =>
    `{ type: jwt, issuer: x, audience: x, algorithms: [HS256], secret: { env: ${name} } }`;
  const key = (file: string) =>
    `{ type: jwt, issuer: x, audience: x, algorithms: [RS256], publicKey: { file: "${file}" } }`;
  const names = {
    a: secret("CARTWAY_TEST_UNSET"),
    b: secret("CARTWAY_TEST_SET"),
    c: secret("CARTWAY_TEST_UNSET"),
    d: key("cartway-test-none.pem"),
    e: key(publicKey),
  };
  const entries = Object.entries(names).map(([name, entry]) => `  ${name}: ${entry}`);
  await Bun.write(own, `version: 1\nidentity:\n${entries.join("\n")}\n`);
  const { code, out } = await checkIn({ CARTWAY_TEST_SET: "s".repeat(32) }, own);
  expect([code, ...out.split("\n").slice(1, 4)]).toEqual([
    0,
    "It refers to variables that are not set here: CARTWAY_TEST_UNSET",
    `It refers to files that cannot be read here: ${resolve("cartway-test-none.pem")}`,
    "",
  ]);
}, 60_000);

test("secrets that are there and of no use are refused with the place that refers to them", async () => {
  const own = directory.file("short.yaml");
  await Bun.write(
    own,
    `version: 1
server: { tls: { certificates: [{ cert: { env: SHORT }, key: { env: SHORT } }] } }
identity:
  j: { type: jwt, issuer: x, audience: x, algorithms: [HS256], secret: { env: SHORT } }
  missing: { type: jwt, issuer: x, audience: x, algorithms: [RS256], publicKey: { env: CARTWAY_TEST_UNSET } }
`,
  );
  expect(await checkIn({ SHORT: "short" }, own)).toEqual({
    code: 1,
    out: "",
    err: `short.yaml:2:11: /server/tls: server.tls.certificates.0: its cert is no certificate in PEM
short.yaml:4:3: /identity/j: the secret is too short: HS256 needs at least 32 bytes
`,
  });
}, 60_000);

test("the stores that a config needs are told where they are not named, with what needs them", async () => {
  const own = directory.file("stores.yaml");
  await Bun.write(
    own,
    `version: 1
identity:
  partners: { type: api-key }
  known: { type: api-key, keys: { acme: { key: { env: ACME_KEY } } } }
routes:
  - id: r
    match: { path: / }
    policies:
      - { type: rate-limit, by: [ip], limit: 1, windowMs: 1000, store: redis, onStoreError: deny }
      - { type: respond }
`,
  );
  const { out } = await checkIn({ ACME_KEY: "k".repeat(16) }, own);
  expect(out.split("\n").slice(1, 3)).toEqual([
    "It needs PostgreSQL, and DATABASE_URL is not set here: /identity/partners",
    "It needs Redis, and REDIS_URL is not set here: /routes/0/policies/0",
  ]);
  const stores = { ACME_KEY: "k".repeat(16), DATABASE_URL: "postgres://a", REDIS_URL: "redis://a" };
  expect((await checkIn(stores, own)).out).not.toContain("It needs");
}, 60_000);

test("prints the effective config and marks what an overlay set, also in reordered lists", async () => {
  await Bun.write(
    directory.file("gateway.prod.yaml"),
    `server: { via: prod }
routes:
  - { id: shop, bodyBytesMax: 99 }
  - { id: more, match: { path: /more }, service: shop }
`,
  );
  const { out, code } = await check(file, "--env", "prod", "--print");
  expect(code).toBe(0);
  expect(out).toMatch(/^ +via: prod # gateway\.prod\.yaml$/m);
  expect(out).toMatch(/^ +bodyBytesMax: 99 # gateway\.prod\.yaml$/m);
  expect(out).toMatch(/^ +- id: more # gateway\.prod\.yaml$/m);
  expect(out).toMatch(/^ +healthDeadlineMs: 2000$/m);
  expect(out).toMatch(/^ +- id: first$/m);
}, 60_000);

test("reports problems with the file that causes them, base or overlay", async () => {
  await Bun.write(
    directory.file("gateway.bad.yaml"),
    `routes:
  - id: first
    match: { path: first }
  - id: shop
    # a comment, so that lines and places differ
    bodyBytesMax: -1
services:
  other:
    balancer: { type: round-robin }
`,
  );
  expect(await check(file, "--env", "bad")).toMatchObject({
    code: 1,
    err: `gateway.bad.yaml:3:14: /routes/0/match/path: "first" is invalid (expected a string such as /shop or /shop/{id} or /shop/*, that begins with /; did you mean "/first"?)
gateway.bad.yaml:6:5: /routes/1/bodyBytesMax: -1 is invalid (expected a whole number from 0 to 1099511627776)
gateway.bad.yaml:8:3: /services/other/discovery: "discovery" is missing (expected an entry with a type: ${Object.keys(discoveries).join(", ")}, such as {"type":"static","targets":[{"url":"http://10.0.0.1:8080"}]})
`,
  });
}, 60_000);

test("reports what several workers cannot run with its line, considering the stores in the environment", async () => {
  const shared = directory.file("shared.yaml");
  await Bun.write(
    shared,
    `version: 1
hub:
  endpoints: [{ path: /ws, authenticate: { anonymous: true } }]
routes:
  - id: limited
    match: { path: /limited }
    policies:
      - { type: respond, status: 200 }
      - type: rate-limit
        store: in-process
        by: [ip]
        limit: 10
        windowMs: 1000
`,
  );
  const limit = "shared.yaml:10:9: /routes/0/policies/1/store: each worker would count separately";
  const hub = "shared.yaml:3:3: /hub/endpoints: a hub on several workers needs Redis";
  const bare = await check(shared, "--workers", "auto");
  expect([bare.code, bare.err.split("\n").length]).toEqual([1, 3]);
  expect(bare.err).toContain(limit);
  expect(bare.err).toContain(hub);
  const withRedis = await checkIn({ REDIS_URL: "redis://127.0.0.1:1" }, shared, "--workers", "4");
  expect([withRedis.code, withRedis.err.split("\n").length]).toEqual([1, 2]);
  expect(withRedis.err).toContain(limit);
  expect((await check(shared, "--workers", "1")).code).toBe(0);
  expect(await check(shared, "--workers", "some")).toMatchObject({
    code: 2,
    err: expect.stringContaining("a whole number from 1 to 128, or auto, and not some"),
  });
}, 60_000);
