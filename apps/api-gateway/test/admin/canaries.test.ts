import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { checkedConfig, serviceAt } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { startAdminGateway } from "./start-admin.ts";

let nextStatus = 200;
const shop = startUpstream(() => new Response("shop"));
const next = startUpstream(() => new Response("next", { status: nextStatus }));
beforeEach(() => {
  nextStatus = 200;
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await next[Symbol.asyncDispose]();
});

const configOf = (fallback: object = {}) => ({
  services: { shop: serviceAt(shop.url), next: serviceAt(next.url, fallback) },
  routes: [
    {
      id: "all",
      match: { path: "/*" },
      service: "shop",
      policies: [
        {
          type: "canary",
          service: "next",
          percent: 50,
          header: "x-canary",
          by: [{ header: "x-caller" }],
          rollback: { samplesMin: 10 },
        },
      ],
    },
  ],
});

type Admin = Awaited<ReturnType<typeof startAdminGateway>>;

/** Sends requests as this many callers. @returns how many the canary served */
async function askAs(admin: Admin, callers: number): Promise<number> {
  const before = next.seen.all.length;
  for (let caller = 0; caller < callers; caller += 1)
    await (await fetch(admin.url, { headers: { "x-caller": `caller ${caller}` } })).text();
  return next.seen.all.length - before;
}

/** Until the canary has lost its share: the looks at the figures are some time apart. */
async function askUntilRolledBack(admin: Admin): Promise<void> {
  for (let seen = 1; seen > 0; ) seen = await askAs(admin, 60);
}

describe("a canary", () => {
  test("that fails loses its share, is reported, and gets it back by a reset or a reload", async () => {
    nextStatus = 500;
    await using admin = await startAdminGateway(configOf());
    await askUntilRolledBack(admin);
    const { body } = await admin.ask("GET", "/canaries");
    expect(body).toMatchObject({
      canaries: [{ id: "all/next", percent: 50, rollback: { reason: "failures" }, own: { failed: 0 } }],
    });
    const metrics = await admin.metrics.render();
    expect(metrics).toContain(
      'cartway_canary_rollbacks_total{route="all",service="next",reason="failures"} 1',
    );
    expect(metrics).toContain('cartway_canary_active{route="all",service="next"} 0');
    const lines = admin.log.lines.filter(({ message }) => message === "a canary was rolled back");
    expect(lines).toMatchObject([{ route: "all", service: "next", reason: "failures" }]);
    const asked = await fetch(admin.url, { headers: { "x-canary": "always" } });
    expect(await asked.text()).toBe("next");

    const explained = await admin.ask("POST", "/explain", { method: "GET", url: `${admin.url}/` });
    expect(explained.body).toMatchObject({
      ending: { service: "shop" },
      policies: [{ policy: "canary", inputs: { because: "rollback", rolledBackFor: "failures" } }],
    });

    nextStatus = 200;
    expect((await admin.ask("POST", "/canaries/reset", { id: "all/other" })).status).toBe(404);
    expect((await admin.ask("POST", "/canaries/reset", { id: "all/next" })).body).toEqual({
      reset: "all/next",
    });
    expect(await askAs(admin, 60)).toBeGreaterThan(10);
    expect(await admin.metrics.render()).toContain('cartway_canary_active{route="all",service="next"} 1');

    nextStatus = 500;
    await askUntilRolledBack(admin);
    nextStatus = 200;
    await admin.gateway.reload(checkedConfig(configOf()));
    expect(await askAs(admin, 60)).toBeGreaterThan(10);
  });

  test("stays listed and rolled back if a reload is refused after its routes were compiled", async () => {
    nextStatus = 500;
    await using admin = await startAdminGateway(configOf());
    await askUntilRolledBack(admin);
    const before = (await admin.ask("GET", "/canaries")).body;
    const frameLimit = { by: ["ip"], limit: 10, windowMs: 1000, onStoreError: "deny", store: "redis" };
    const hub = { endpoints: [{ path: "/ws", authenticate: { anonymous: true }, frameLimit }] };
    await expect(admin.gateway.reload(checkedConfig({ ...configOf(), hub }))).rejects.toThrow("REDIS_URL");
    expect((await admin.ask("GET", "/canaries")).body).toEqual(before);
    expect(await admin.metrics.render()).toContain('cartway_canary_active{route="all",service="next"} 0');
  });

  test("that fails is blamed even if its fallback answers, and callers see no failure", async () => {
    nextStatus = 503;
    await using admin = await startAdminGateway(configOf({ fallback: { service: "shop", on: [503] } }));
    await askUntilRolledBack(admin);
    expect((await admin.ask("GET", "/canaries")).body).toMatchObject({
      canaries: [{ rollback: { reason: "failures" } }],
    });
  });

  test("that performs like the other keeps its share", async () => {
    await using admin = await startAdminGateway(configOf());
    expect(await askAs(admin, 200)).toBeGreaterThan(50);
    expect((await admin.ask("GET", "/canaries")).body).toMatchObject({ canaries: [{ rollback: null }] });
    await admin.gateway.reload(checkedConfig({ ...configOf(), routes: [] }));
    expect((await admin.ask("GET", "/canaries")).body).toEqual({ canaries: [], next: null });
    expect(await admin.metrics.render()).not.toContain("cartway_canary_active{");
  });
});
