/**
 * `bun run fleet:claim-cost [--queued 1000000]`: what one claim costs with 10 commands queued and with many, on the PostgreSQL
 * of DATABASE_URL (in a temporary database) and the Redis of REDIS_URL. The two sizes are measured alternately, so that
 * other load on the machine affects both. Exits 1 where the median with many is more than a quarter above the one with 10.
 */
import { readCommandLine } from "@libs/command-line";
import type { CommandQueue, QueueEntry } from "../../src/queue/command-queue.ts";
import { Latencies, printFigures } from "@libs/measuring";
import { withPostgreSQLQueues, withRedisQueues } from "./queues-of-their-own.ts";

const usage = "usage: bun run fleet:claim-cost [--queued N]";
const { number, refuse } = readCommandLine(usage, {
  options: { queued: { type: "string", default: "1000000" } },
});
const queued = number("queued");
const rounds = 2000;
const atOnce = 10_000;

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
if (databaseUrl === undefined && redisUrl === undefined)
  refuse("there is no store to ask: set DATABASE_URL (postgres://...) or REDIS_URL (redis://...), or both");
if (databaseUrl !== undefined)
  await withPostgreSQLQueues(databaseUrl, { name: "fleet_cost" }, (make) => measure("PostgreSQL", make()));
if (redisUrl !== undefined) await withRedisQueues(redisUrl, "fleet-cost", (make) => measure("Redis", make()));

async function measure(name: string, queue: CommandQueue): Promise<void> {
  const sizes = [10, queued].map((size) => ({
    size,
    deviceId: crypto.randomUUID(),
    latencies: new Latencies(),
  }));
  for (const { size, deviceId } of sizes) await fill(queue, deviceId, size);
  for (let round = 0; round < rounds; round += 1) {
    for (const { deviceId, latencies } of sizes) {
      const claimDigest = crypto.randomUUID();
      const request = { deviceId, max: 1, visibilityMs: 30_000, claimDigest, nowMs: Date.now() };
      const startedAt = performance.now();
      const [claim] = await queue.claim(request);
      latencies.add(performance.now() - startedAt);
      if (claim === undefined) throw new Error("nothing was claimed");
      // as after a result; a new command replaces it, so that the sizes stay
      await queue.remove([{ ...claim, deviceId }]);
      await fill(queue, deviceId, 1);
    }
  }
  for (const { size, latencies } of sizes)
    console.log(`${name}  ${size} queued: claim ${latencies.summary()}`);
  const [few = Number.NaN, many = Number.NaN] = sizes.map(({ latencies }) => latencies.percentile(0.5));
  const what = `a claim with ${queued} queued to one with 10, by the medians`;
  if (printFigures([{ what, value: many / few, unit: "x", atMost: 1.25 }]) > 0) process.exitCode = 1;
}

async function fill(queue: CommandQueue, deviceId: string, size: number): Promise<void> {
  for (let start = 0; start < size; start += atOnce) {
    const count = Math.min(atOnce, size - start);
    await queue.put(Array.from({ length: count }, (): QueueEntry => entry(deviceId)));
  }
}

function entry(deviceId: string): QueueEntry {
  const createdAtMs = Date.now();
  const commandId = Bun.randomUUIDv7();
  return {
    commandId,
    deviceId,
    priority: 5,
    createdAtMs,
    deadlineMs: createdAtMs + 86_400_000,
    attemptsMax: 5,
  };
}
