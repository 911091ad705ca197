import { expect, test } from "bun:test";
import { serviceAt, startGateway } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";
import { type ConfiguredKey, readConfiguredKeys } from "./configured-keys.ts";

const keyOf: Record<string, string> = {
  ACME: "acme-key-of-32-visible-characters",
  ACME_NEXT: "another-key-of-the-same-owner",
  SHORT: "too-short",
  SPACED: "a key that has spaces in it",
};
const entry = (name: string, more: Partial<ConfiguredKey> = {}): ConfiguredKey => ({
  key: { env: name },
  roles: [],
  scopes: [],
  ...more,
});
const read = (keys: Readonly<Record<string, ConfiguredKey>>) =>
  readConfiguredKeys("partners", keys, (reference) =>
    "env" in reference ? (keyOf[reference.env] ?? "") : "",
  );

test.each([
  ["a short one", { acme: entry("SHORT") }, "the key acme must have 16 to 512 visible characters"],
  ["one with spaces", { acme: entry("SPACED") }, "the key acme must have 16 to 512 visible characters"],
  ["one of two owners", { acme: entry("ACME"), bolt: entry("ACME") }, "partners.acme and bolt are the same"],
])("%s is refused, and the message names the entry and not the key", (_what, keys, message) => {
  expect(() => read(keys)).toThrow(message);
  expect(() => read(keys)).not.toThrow(new RegExp(Object.values(keyOf).join("|")));
});

const configWith = (keys: object, url: string, policies: readonly object[] = []) => ({
  identity: { partners: { type: "api-key", keys } },
  services: { api: serviceAt(url) },
  routes: [
    {
      id: "all",
      match: { path: "/*" },
      service: "api",
      policies: [{ type: "authenticate", with: ["partners"] }, ...policies],
    },
  ],
});

test("a gateway without a database knows callers by the keys of its config, limits each key, and passes no key on", async () => {
  await using upstream = startUpstream(() => new Response("ok"));
  const acme = { key: { env: "ACME" }, roles: ["sellers"], scopes: ["orders"], tenant: "t1", plan: "gold" };
  const next = { ...acme, key: { env: "ACME_NEXT" }, owner: "acme" };
  const policies = [
    { type: "authorize", roles: ["sellers"] },
    { type: "rate-limit", by: ["key"], limit: 1, windowMs: 3_600_000 },
  ];
  const config = configWith({ acme, "acme-next": next }, upstream.url, policies);
  await using gateway = await startGateway(config, { env: keyOf });
  const ask = (key: string) => fetch(gateway.url, { headers: { "x-api-key": key } });

  expect((await ask("acme-key-of-32-visible-characters")).status).toBe(200);
  expect(upstream.seen.all[0]?.headers.get("x-user-id")).toBe("acme");
  expect(upstream.seen.all[0]?.headers.get("x-tenant-id")).toBe("t1");
  expect(upstream.seen.all[0]?.headers.has("x-api-key")).toBe(false);
  expect((await ask("acme-key-of-32-visible-characters")).status).toBe(429);
  expect((await ask("another-key-of-the-same-owner")).status).toBe(200);
  expect(upstream.seen.all[1]?.headers.get("x-user-id")).toBe("acme");
  for (const key of ["unknown-key-of-some-length", "", "acme-key-of-32-visible-character"])
    expect((await ask(key)).status).toBe(401);
  expect(upstream.seen.all).toHaveLength(2);
});

test("without keys and without a database the identity cannot be made, and the message names both ways", async () => {
  await expect(startGateway(configWith({}, "http://127.0.0.1:1"))).rejects.toThrow(
    "it has no `keys`, and those of the admin port need a database: set DATABASE_URL",
  );
});
