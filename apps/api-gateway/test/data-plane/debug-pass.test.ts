import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { debugPassHeader, signDebugPass } from "../../src/telemetry/debug/debug-pass.ts";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const secret = "a secret of thirty-two characters";
const now = Date.parse("2026-11-21T10:00:00Z");
const seconds = now / 1000;
const upstream = startUpstream(
  () => new Response("ok", { headers: { "server-timing": "db;dur=1", "cache-control": "max-age=60" } }),
);
const gateway = await startGateway(
  {
    server: { debug: { secret: { env: "DEBUG_SECRET" } } },
    services: { api: serviceAt(upstream.url), dead: serviceAt("http://127.0.0.1:1") },
    routes: [
      {
        id: "items",
        match: { path: "/items/*" },
        service: "api",
        policies: [{ type: "rate-limit", by: ["ip"], limit: 1000, windowMs: 60_000 }],
      },
      { id: "dead", match: { path: "/dead" }, service: "dead" },
      {
        id: "office",
        match: { path: "/office" },
        policies: [{ type: "ip-rules", allow: ["10.0.0.0/8"] }, { type: "respond" }],
      },
    ],
  },
  { env: { DEBUG_SECRET: secret }, now: () => now },
);
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const ask = (path: string, pass: string | null) =>
  fetch(gateway.url + path, pass === null ? {} : { headers: { [debugPassHeader]: pass } });
const good = signDebugPass(secret, seconds + 60);
const told = (answer: Response): string[] =>
  [...answer.headers.keys()].filter((name) => name.includes("debug"));
const decisionsOf = (answer: Response): unknown =>
  JSON.parse(answer.headers.get("x-cartway-debug-decisions") ?? "null");

describe("a request with a debug pass", () => {
  test("gets route, service, target, every decision and the timings, uncached", async () => {
    const answer = await ask("/items/1", good);
    expect(await answer.text()).toBe("ok");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-cartway-debug-route": "items",
      "x-cartway-debug-service": "api",
      "x-cartway-debug-target": new URL(upstream.url).host,
      "x-cartway-debug-attempts": "1",
      "cache-control": "private, no-store",
    });
    expect(decisionsOf(answer)).toMatchObject([
      { step: "policy", policy: "rate-limit", verdict: "pass" },
      { step: "pick", service: "api", candidates: [{ state: "available" }] },
      { step: "attempt", number: 1, outcome: "answered", status: 200 },
    ]);
    const timing = answer.headers.get("server-timing");
    expect(timing).toStartWith("db;dur=1, queue;dur=");
    expect(timing).toMatch(/connect;dur=[\d.]+, first-byte;dur=[\d.]+, gateway;dur=[\d.]+$/);
  });

  test("gets the reason of its refusal, or of the service's failure", async () => {
    const refused = await ask("/office", good);
    expect(refused.status).toBe(403);
    expect(decisionsOf(refused)).toMatchObject([{ policy: "ip-rules", verdict: "refuse" }]);
    const failed = await ask("/dead", good);
    expect(failed.status).toBe(502);
    expect(decisionsOf(failed)).toContainEqual(
      expect.objectContaining({ step: "attempt", outcome: "failed" }),
    );
  });

  test("gets the nearest routes if none matches", async () => {
    const answer = await ask("/item/1", good);
    expect(answer.status).toBe(404);
    expect(JSON.stringify(await answer.json())).toContain('"route":"items"');
  });

  test("is forwarded without the pass", async () => {
    await ask("/items/pass", good);
    const seen = await upstream.seen.find(({ path }) => path === "/items/pass");
    expect(seen.headers.has(debugPassHeader)).toBe(false);
  });
});

describe("no debug information is given", () => {
  test.each([
    ["without a pass", null],
    ["with one that is over", signDebugPass(secret, seconds)],
    ["with one that lasts too long", signDebugPass(secret, seconds + 7200)],
    ["with one that another signed", signDebugPass("another secret of 32 characters..", seconds + 60)],
    ["with one whose end was changed", good.replace(String(seconds + 60), String(seconds + 61))],
    ["with one whose end has a zero before it", good.replace("v1.", "v1.0")],
    ["with a word that is no pass", "true"],
    ["with two of them", `${good}, ${good}`],
  ])("%s", async (_why, pass) => {
    const answer = await ask("/items/1", pass);
    expect([answer.status, told(answer), answer.headers.get("server-timing")]).toEqual([200, [], "db;dur=1"]);
    expect(await (await ask("/item/1", pass)).text()).not.toContain("items");
  });

  test("if the config has no secret", async () => {
    const route = { id: "all", match: { path: "/*" }, service: "api" };
    await using quiet = await startGateway({ services: { api: serviceAt(upstream.url) }, routes: [route] });
    const answer = await fetch(quiet.url, { headers: { [debugPassHeader]: good } });
    expect(told(answer)).toEqual([]);
  });
});

test("a gateway with a weak debug secret does not start", async () => {
  const server = { debug: { secret: { env: "DEBUG_SECRET" } } };
  await expect(startGateway({ server }, { env: { DEBUG_SECRET: "short" } })).rejects.toThrow("fewer than 32");
});

test("the command creates a pass, and explains its usage on wrong input", async () => {
  const command = join(import.meta.dir, "../../src/telemetry/debug/cli/sign-debug.ts");
  const run = (args: string[]) =>
    Bun.spawnSync([process.execPath, command, ...args], { env: { DEBUG_SECRET: secret, SHORT: "short" } });
  expect(run(["--secret-env", "DEBUG_SECRET", "--expires-in", "60"]).stdout.toString()).toMatch(
    /^v1\.\d+\.\S{43}\n$/,
  );
  const long = run(["--secret-env", "DEBUG_SECRET", "--expires-in", "7200"]);
  expect([long.exitCode, long.stderr.toString()]).toEqual([
    0,
    "accepted only where server.debug.lifetimeMsMax is at least 7200000\n",
  ]);
  expect(run(["--secret-env", "DEBUG_SECRET", "--expires-in", "86401"]).exitCode).toBe(2);
  expect(run(["--secret-env", "NOT_SET"]).exitCode).toBe(2);
  expect(run(["--secret-env", "SHORT"]).exitCode).toBe(2);
});
