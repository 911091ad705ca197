import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { serviceAt } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { type AdminGateway, startAdminGateway } from "./start-admin.ts";

const headers = { "cache-control": "max-age=600" };
const upstream = startUpstream(() => new Response("stored", { headers }));
let admin: AdminGateway;
beforeAll(async () => {
  const policies = [{ type: "cache", name: "shop" }];
  admin = await startAdminGateway({
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api", policies }],
  });
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const stored = async (path: string) => {
  const answer = await fetch(admin.url + path);
  await answer.text();
  return answer.headers.get("cache-status")?.includes("hit");
};

describe("caches", () => {
  test("are listed with their size", async () => {
    await stored("/list");
    const { body } = await admin.ask("GET", "/caches");
    expect(body).toEqual({ caches: [{ id: "shop", entries: 1, bytes: expect.any(Number) }], next: null });
  });

  test("are purged by URL or prefix, which is audited", async () => {
    const origin = "http://127.0.0.1";
    for (const path of ["/a?x=1", "/a", "/b/1", "/b/2"]) await stored(path);
    const one = await admin.ask("POST", "/caches/purge", { url: `${origin}/a?x=1` });
    expect([one.status, one.body]).toEqual([200, { purged: 1 }]);
    expect([await stored("/a?x=1"), await stored("/a")]).toEqual([false, true]);
    const many = await admin.ask("POST", "/caches/purge", { prefix: `${origin}/b/`, cache: "shop" });
    expect(many.body).toEqual({ purged: 2 });
    expect([await stored("/b/1"), await stored("/b/2")]).toEqual([false, false]);
    expect(admin.log.lines.find((line) => line["audit"] === "cache.purge")).toMatchObject({
      actor: "the admin token",
      subject: `every cache: ${origin}/a?x=1`,
    });
  });

  test("that do not exist, and invalid URLs, are reported", async () => {
    const url = "http://127.0.0.1/a";
    expect((await admin.ask("POST", "/caches/purge", { url, cache: "none" })).status).toBe(404);
    expect((await admin.ask("POST", "/caches/purge", { url, prefix: url })).status).toBe(400);
    expect((await admin.ask("POST", "/caches/purge", {})).status).toBe(400);
    expect((await admin.ask("POST", "/caches/purge", { prefix: "x" })).status).toBe(422);
  });
});
