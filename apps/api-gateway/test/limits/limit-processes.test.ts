import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createTemporaryDirectory, serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { type GatewayProcess, spawnGateway } from "./spawn-gateway.ts";

const redisUrl = serverUrl("redis");
const limit = 1000;
const slice = 50;
const clients = 100;
/** Long enough that no budget refills during a test. */
const windowMs = 2_678_400_000;
const preload = join(import.meta.dir, "jumping-clock.ts");

const budget = { type: "rate-limit", by: [{ header: "x-caller" }], limit, windowMs };
const shared = { ...budget, onStoreError: "deny", storeTimeoutMs: 10_000 };
const route = (id: string, policy: object) => ({
  id,
  match: { path: `/${id}` },
  policies: [policy, { type: "respond", status: 200 }],
});
const config = {
  version: 1,
  routes: [
    route("exact", { ...shared, store: "redis" }),
    route("leased", { ...shared, store: "redis-leases", lease: { share: slice / limit, leaseMs: 60_000 } }),
  ],
};

/** A hundred clients call the gateways in turn, until there are this many answers or failures. */
async function ask(
  path: string,
  gateways: readonly GatewayProcess[],
  requests: number,
  onAnswer: () => void = () => undefined,
) {
  const caller = crypto.randomUUID();
  return { caller, ...(await askAs(caller, path, gateways, requests, onAnswer)) };
}

async function askAs(
  caller: string,
  path: string,
  gateways: readonly GatewayProcess[],
  requests: number,
  onAnswer: () => void = () => undefined,
) {
  const answers = { allowed: 0, denied: 0, other: 0, lost: 0 };
  let sent = 0;
  async function client(): Promise<void> {
    while (sent < requests) {
      const gateway = gateways[sent % gateways.length];
      sent += 1;
      try {
        const { status } = await fetch(`${gateway?.url}${path}`, { headers: { "x-caller": caller } });
        answers[status === 200 ? "allowed" : status === 429 ? "denied" : "other"] += 1;
      } catch {
        answers.lost += 1;
      }
      onAnswer();
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}

describe.skipIf(redisUrl === null)(serverSuiteName("three gateway processes with one limit", "redis"), () => {
  const redis = new Redis(redisUrl ?? "", { lazyConnect: true });
  const gateways: GatewayProcess[] = [];
  let configFile = "";

  beforeAll(async () => {
    const directory = await createTemporaryDirectory();
    configFile = directory.file("gateway.json");
    await Bun.write(configFile, JSON.stringify(config));
    const options = { configFile, redisUrl };
    // two of them have wrong clocks
    gateways.push(
      ...(await Promise.all([options, { ...options, preload }, { ...options, preload }].map(spawnGateway))),
    );
  }, 90_000);
  afterAll(async () => {
    for (const { process } of gateways) await process[Symbol.asyncDispose]();
    redis.disconnect();
  });

  test("a hundred concurrent clients get exactly the limit from several processes, whatever their clocks", async () => {
    const answers = await ask("/exact", gateways, 1500);
    expect(answers).toMatchObject({ allowed: limit, denied: 500, other: 0, lost: 0 });
  }, 60_000);

  test("with leases they never get more than the limit, and less only by unused slices", async () => {
    const answers = await ask("/leased", gateways, 1500);
    expect(answers).toMatchObject({ other: 0, lost: 0 });
    expect(answers.allowed).toBeLessThanOrEqual(limit);
    expect(answers.allowed).toBeGreaterThanOrEqual(limit - gateways.length * slice);
  }, 60_000);

  test("slices leased before a window exceed its limit by at most one slice per instance", async () => {
    const { caller } = await ask("/leased", gateways, gateways.length);
    const [key = ""] = await keysOf(redis, caller);
    // as if the whole window had passed: the budget is full again, while instances still hold their slices
    await redis.del(key);
    const { allowed } = await askAs(caller, "/leased", gateways, 1500);
    expect(allowed).toBeGreaterThan(limit);
    expect(allowed).toBeLessThanOrEqual(limit + gateways.length * slice);
  }, 60_000);

  test.each(["/exact", "/leased"])(
    "%s: a killed process admits nobody else, and loses one slice at most",
    async (path) => {
      const victim = await spawnGateway({ configFile, redisUrl });
      let answered = 0;
      const answers = await ask(path, [...gateways, victim], 2000, () => {
        answered += 1;
        if (answered === 400) victim.process.kill("SIGKILL");
      });
      expect(await victim.process.exited).toBe(137);
      expect(answers.lost).toBeGreaterThan(0);
      expect(answers.other).toBe(0);
      expect(answers.allowed).toBeLessThanOrEqual(limit);
      // requests that were admitted and lost, and slices
      const gone = clients + (path === "/leased" ? (gateways.length + 1) * slice : 0);
      expect(answers.allowed).toBeGreaterThanOrEqual(limit - gone);
    },
    60_000,
  );
});

test("one process holds its limit while its clock jumps", async () => {
  const directory = await createTemporaryDirectory();
  const configFile = directory.file("gateway.json");
  const routes = [route("local", { ...budget, store: "in-process" })];
  await Bun.write(configFile, JSON.stringify({ version: 1, routes }));
  const gateway = await spawnGateway({ configFile, redisUrl: null, preload });
  await using _process = gateway.process;
  expect(await ask("/local", [gateway], 1500)).toMatchObject({
    allowed: limit,
    denied: 500,
    other: 0,
    lost: 0,
  });
  const again = await fetch(`${gateway.url}/local`, { headers: { "x-caller": "another" } });
  expect(again.status).toBe(200);
}, 90_000);

async function keysOf(redis: Redis, caller: string): Promise<string[]> {
  const digest = Bun.SHA256.hash(caller, "base64");
  return (await redis.keys("cartway:limit:*")).filter((key) => key.includes(digest));
}
