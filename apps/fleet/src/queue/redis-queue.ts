import type { RedisClient } from "@libs/database";
import { LuaScript } from "@libs/messaging";
import type {
  ClaimRequest,
  CommandQueue,
  EntryKey,
  ExtendOutcome,
  ExtendRequest,
  QueueClaim,
  QueueEntry,
} from "./command-queue.ts";
import { claimScript, extendScript, putScript, removeScript } from "./redis-scripts.ts";

const scripts = {
  put: new LuaScript(putScript),
  claim: new LuaScript(claimScript),
  extend: new LuaScript(extendScript),
  remove: new LuaScript(removeScript),
};

/** Values per script call: a longer script would block other clients. */
const entriesAtOnce = 500;

export interface RedisQueueOptions {
  readonly redis: RedisClient;
  /** Prefix of every key. */
  readonly prefix?: string;
}

/** The queue in Redis, shared by many instances. Redis may lose its latest writes: `epoch` changes when that may have happened. */
export function createRedisQueue({ redis, prefix = "cartway:fleet" }: RedisQueueOptions): CommandQueue {
  const keysOf = (deviceId: string): readonly [ready: string, hidden: string, entries: string] => {
    const base = `${prefix}:{${deviceId}}`;
    return [`${base}:ready`, `${base}:hidden`, `${base}:entry:`];
  };

  async function put(entries: readonly QueueEntry[]): Promise<void> {
    await forEachDevice(entries, async (deviceId, some) => {
      await redis.run((driver) => scripts.put.run(driver, keysOf(deviceId), some.flatMap(toValues)));
    });
  }

  async function claim(request: ClaimRequest): Promise<readonly QueueClaim[]> {
    const { deviceId, nowMs, max, visibilityMs, claimDigest } = request;
    const values = [nowMs, max, visibilityMs, claimDigest];
    const answer = await redis.run((driver) => scripts.claim.run(driver, keysOf(deviceId), values));
    return readClaims(answer);
  }

  async function extend(request: ExtendRequest): Promise<ExtendOutcome> {
    const { deviceId, commandId, nowMs, visibilityMs, claimDigest } = request;
    const [, hidden, entries] = keysOf(deviceId);
    const values = [commandId, nowMs, visibilityMs, claimDigest];
    return readExtended(
      await redis.run((driver) => scripts.extend.run(driver, [hidden, entries + commandId], values)),
    );
  }

  async function remove(keys: readonly EntryKey[]): Promise<void> {
    await forEachDevice(keys, async (deviceId, some) => {
      const ids = some.map((key) => key.commandId);
      await redis.run((driver) => scripts.remove.run(driver, keysOf(deviceId), ids));
    });
  }

  return {
    put,
    claim,
    extend,
    remove,
    async epoch() {
      const info = await redis.run((driver) => driver.info("server"));
      return /^run_id:(\S+)/m.exec(info)?.[1] ?? "unknown";
    },
  };
}

function toValues(entry: QueueEntry): readonly (string | number)[] {
  const {
    commandId,
    priority,
    createdAtMs,
    deadlineMs,
    attemptsMax,
    attempts = 0,
    hiddenUntilMs = 0,
  } = entry;
  return [commandId, priority, createdAtMs, deadlineMs, attemptsMax, attempts, hiddenUntilMs];
}

async function forEachDevice<T extends EntryKey>(
  items: readonly T[],
  work: (deviceId: string, items: readonly T[]) => Promise<void>,
): Promise<void> {
  const byDevice = Map.groupBy(items, (item) => item.deviceId);
  await Promise.all(
    [...byDevice].map(async ([deviceId, own]) => {
      for (let start = 0; start < own.length; start += entriesAtOnce) {
        await work(deviceId, own.slice(start, start + entriesAtOnce));
      }
    }),
  );
}

function readClaims(answer: unknown): readonly QueueClaim[] {
  if (!Array.isArray(answer)) throw new TypeError("the claim script gave no list");
  const claims: QueueClaim[] = [];
  for (let index = 0; index + 2 < answer.length; index += 3) {
    claims.push({
      commandId: String(answer[index]),
      attempt: Number(answer[index + 1]),
      untilMs: Number(answer[index + 2]),
    });
  }
  return claims;
}

function readExtended(answer: unknown): ExtendOutcome {
  const [outcome, until]: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (outcome === "extended") return { outcome, untilMs: Number(until) };
  if (outcome === "lapsed" || outcome === "stale" || outcome === "unknown") return { outcome };
  throw new TypeError("the extend script gave no outcome");
}
