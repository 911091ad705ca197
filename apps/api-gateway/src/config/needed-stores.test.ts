import { expect, test } from "bun:test";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { missingStores } from "./needed-stores.ts";

const limit = { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 1000 };
const config = checkedConfig({
  identity: {
    users: { type: "local" },
    partners: { type: "api-key" },
    known: { type: "api-key", keys: { acme: { key: { env: "KEY" } } } },
  },
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { anonymous: true },
        frameLimit: { by: ["ip"], limit: 1, windowMs: 1000, store: "redis", onStoreError: "deny" },
      },
    ],
  },
  routes: [
    { id: "own", match: { path: "/own" }, policies: [limit, { type: "respond" }] },
    {
      id: "all",
      match: { path: "/all" },
      policies: [{ ...limit, store: "redis-leases", onStoreError: "deny" }, { type: "respond" }],
    },
  ],
});

test("what needs a store that the gateway has not is told with its place and the variable, and nothing else", () => {
  expect(missingStores(config, { hasDatabase: false, hasRedis: false })).toEqual([
    { path: "/identity/users", message: "this needs PostgreSQL, and DATABASE_URL is not set" },
    { path: "/identity/partners", message: "this needs PostgreSQL, and DATABASE_URL is not set" },
    { path: "/routes/1/policies/0", message: "this needs Redis, and REDIS_URL is not set" },
    { path: "/hub/endpoints/0/frameLimit", message: "this needs Redis, and REDIS_URL is not set" },
  ]);
  expect(missingStores(config, { hasDatabase: true, hasRedis: true })).toEqual([]);
});
