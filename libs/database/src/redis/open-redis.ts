import type { RedisClient } from "./redis-client.ts";

/** A client of a Redis that has answered. Rejects with `store_unavailable`, leaving nothing open, where it does not within 5 s. */
export async function openRedis(url: string): Promise<RedisClient> {
  // loaded on demand: useless to a process without Redis
  const { RedisClient } = await import("./redis-client.ts");
  const redis = new RedisClient(url);
  try {
    await redis.connect();
    return redis;
  } catch (thrown) {
    await redis.close();
    throw thrown;
  }
}
