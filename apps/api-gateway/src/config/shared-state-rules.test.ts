import { describe, expect, test } from "bun:test";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { checkSharedState, sharedStateRules } from "./shared-state-rules.ts";

const all = { hasRedis: true, hasDatabase: true };
const none = { hasRedis: false, hasDatabase: false };
const limit = { by: ["ip"], limit: 10, windowMs: 1000 };
const route = (policies: readonly object[]) => ({
  id: `r${policies.length}`,
  match: { path: `/r${policies.length}` },
  policies: [{ type: "respond", status: 200 }, ...policies],
});
const hubWith = (endpoint: object = {}) => ({
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true }, ...endpoint }] },
});

/** For each rule, a config that it refuses and the most similar one that it accepts. */
const cases = [
  {
    rule: "routeLimits",
    refused: { config: { routes: [route([]), route([{ type: "rate-limit", ...limit }])] }, stores: all },
    path: "/routes/1/policies/1/store",
    says: "Set `store: redis` or `redis-leases`",
    passes: {
      config: { routes: [route([{ type: "rate-limit", ...limit, store: "redis", onStoreError: "deny" }])] },
      stores: all,
    },
  },
  {
    rule: "frameLimits",
    refused: { config: hubWith({ frameLimit: limit }), stores: all },
    path: "/hub/endpoints/0/frameLimit/store",
    says: "Set `store: redis` or `redis-leases`",
    passes: {
      config: hubWith({ frameLimit: { ...limit, store: "redis-leases", onStoreError: "local" } }),
      stores: all,
    },
  },
  {
    rule: "hubBroker",
    refused: { config: hubWith(), stores: none },
    path: "/hub/endpoints",
    says: "Set REDIS_URL, or --workers 1",
    passes: { config: hubWith(), stores: all },
  },
  {
    rule: "logins",
    refused: { config: {}, stores: { hasRedis: false, hasDatabase: true } },
    path: "",
    says: "set REDIS_URL, or --workers 1",
    passes: { config: {}, stores: all },
  },
] as const;

describe("with several workers", () => {
  test.each(cases)(
    "$rule is refused with its path and the setting to use instead",
    ({ rule, refused, path, says }) => {
      const issues = checkSharedState(checkedConfig(refused.config), refused.stores);
      expect(issues).toEqual(sharedStateRules[rule](checkedConfig(refused.config), refused.stores));
      expect(issues).toMatchObject([{ path, message: expect.stringContaining(says) }]);
    },
  );

  test.each(cases)("$rule is accepted with shared state", ({ passes }) => {
    expect(checkSharedState(checkedConfig(passes.config), passes.stores)).toEqual([]);
  });

  test("every rule has a test case here", () => {
    expect(new Set<string>(cases.map(({ rule }) => rule))).toEqual(new Set(Object.keys(sharedStateRules)));
  });

  test("a config without shared state needs no store", () => {
    expect(checkSharedState(checkedConfig({ routes: [route([])], hub: { endpoints: [] } }), none)).toEqual(
      [],
    );
  });
});
