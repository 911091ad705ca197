import type { Broker } from "../broker/broker.ts";
import type { ConnectRedisOptions } from "./connect-redis.ts";
import type { RedisBrokerOptions } from "./redis-broker.ts";

/** A broker on connections of its own, whose state says when they are up. Loads the driver, which nothing else here needs. */
export async function openRedisBroker({
  url,
  commandTimeoutMs,
  ...options
}: ConnectRedisOptions & Omit<RedisBrokerOptions, "connect">): Promise<Broker> {
  const { connectRedis } = await import("./connect-redis.ts");
  const { createRedisBroker } = await import("./redis-broker.ts");
  const timeout = commandTimeoutMs === undefined ? {} : { commandTimeoutMs };
  return createRedisBroker({ ...options, connect: connectRedis({ url, ...timeout }) });
}
