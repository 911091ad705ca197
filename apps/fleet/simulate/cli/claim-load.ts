/**
 * `bun run fleet:claim-load [--claims 1000000] [--claimers 1000] [--devices 20] [--instances 10]`: many concurrent claimers through
 * several instances of the queue, on the PostgreSQL of DATABASE_URL (in a temporary database) and on the
 * Redis of REDIS_URL. Compares every claim with all others: exits 1 if a command was ever given to two.
 */
import { readCommandLine } from "@libs/command-line";
import type { CommandQueue, EntryKey } from "../../src/queue/command-queue.ts";
import { Latencies } from "@libs/measuring";
import { withPostgreSQLQueues, withRedisQueues } from "./queues-of-their-own.ts";

const usage = "usage: bun run fleet:claim-load [--claims N] [--claimers N] [--devices N] [--instances N]";
const { number, refuse } = readCommandLine(usage, {
  options: {
    claims: { type: "string", default: "1000000" },
    claimers: { type: "string", default: "1000" },
    devices: { type: "string", default: "20" },
    instances: { type: "string", default: "10" },
  },
});
const claimsWanted = number("claims");
const claimers = number("claimers");
const instances = number("instances");
const devices = Array.from({ length: number("devices") }, () => crypto.randomUUID());
const atOnce = 10;
const dayMs = 86_400_000;

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
if (databaseUrl === undefined && redisUrl === undefined)
  refuse("there is no store to ask: set DATABASE_URL (postgres://...) or REDIS_URL (redis://...), or both");
if (redisUrl !== undefined)
  await withRedisQueues(redisUrl, "fleet-load", (make) =>
    run("Redis", Array.from({ length: instances }, make)),
  );
if (databaseUrl !== undefined)
  await withPostgreSQLQueues(databaseUrl, { name: "fleet_load", poolSize: 50 }, (make) =>
    run("PostgreSQL", Array.from({ length: instances }, make)),
  );

async function run(name: string, queues: readonly CommandQueue[]): Promise<void> {
  const held = new Set<string>();
  const latencies = new Latencies();
  let claims = 0;
  let twice = 0;
  let failed = 0;
  const [first] = queues;
  if (first === undefined) throw new Error("--instances must be at least 1");
  for (const deviceId of devices) await put(first, deviceId, 100 * atOnce);
  // every device is claimed for through every instance
  const queueOf = (claimer: number): CommandQueue => queues[claimer % queues.length] ?? first;

  async function claimer(queue: CommandQueue, deviceId: string): Promise<void> {
    while (claims < claimsWanted) {
      const request = {
        max: atOnce,
        visibilityMs: dayMs,
        claimDigest: crypto.randomUUID(),
        nowMs: Date.now(),
      };
      const startedAt = performance.now();
      const taken = await queue.claim({ deviceId, ...request }).catch(() => null);
      if (taken === null) {
        // entries that a failed call has claimed stay hidden, but nobody holds them
        failed += 1;
        await Bun.sleep(100);
        continue;
      }
      latencies.add(performance.now() - startedAt);
      for (const { commandId } of taken) {
        claims += 1;
        if (held.has(commandId)) twice += 1;
        held.add(commandId);
      }
      const keys = taken.map(({ commandId }): EntryKey => ({ commandId, deviceId }));
      try {
        await queue.remove(keys);
        for (const { commandId } of keys) held.delete(commandId);
        await put(queue, deviceId, taken.length);
      } catch {
        failed += 1;
      }
    }
  }

  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: claimers }, (_, index) =>
      claimer(queueOf(index), devices[Math.floor(index / queues.length) % devices.length] ?? ""),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${name}: ${claims} claims by ${claimers} claimers in ${seconds.toFixed(0)} s, ${twice} held twice, ${failed} calls failed; call ${latencies.summary()}`,
  );
  if (twice > 0) process.exitCode = 1;
}

async function put(queue: CommandQueue, deviceId: string, count: number): Promise<void> {
  const createdAtMs = Date.now();
  const rest = { deviceId, priority: 5, createdAtMs, deadlineMs: createdAtMs + dayMs, attemptsMax: 5 };
  await queue.put(Array.from({ length: count }, () => ({ commandId: Bun.randomUUIDv7(), ...rest })));
}
