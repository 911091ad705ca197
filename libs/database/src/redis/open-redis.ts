import type { RedisClient } from "./redis-client.ts";

/** A client of a Redis that has answered. Rejects with `store_unavailable`, leaving nothing open, after `deadlineMs`. */
export async function openRedis(url: string, deadlineMs = 5000): Promise<RedisClient> {
  // loaded on demand: useless to a process without Redis
  const { RedisClient } = await import("./redis-client.ts");
  const redis = new RedisClient(url);
  try {
    await redis.connect(deadlineMs);
    return redis;
  } catch (thrown) {
    await redis.close();
    throw thrown;
  }
}
