import { Redis } from "ioredis";
import type { RedisConnection } from "./lua-script.ts";

export type RedisRole = "commands" | "subscriptions";

export interface ConnectRedisOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** Milliseconds after which a command has failed; 2,000 by default. */
  readonly commandTimeoutMs?: number;
}

/**
 * A connection that fails fast while the server is unreachable, and reconnects by itself. A command whose answer was lost is never
 * repeated: that could publish twice.
 */
export function connectRedis(options: ConnectRedisOptions): (role: RedisRole) => RedisConnection {
  const { url, commandTimeoutMs = 2000 } = options;
  return (role) =>
    new Redis(url, {
      connectionName: `cartway-hub-${role}`,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableAutoPipelining: role === "commands",
      maxRetriesPerRequest: 0,
      connectTimeout: commandTimeoutMs,
      ...(role === "commands" ? { commandTimeout: commandTimeoutMs } : {}),
      retryStrategy: (attempt) => Math.min(1000, 25 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2),
    });
}
