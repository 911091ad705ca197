import { createHash } from "node:crypto";

/** The part of a Redis client that scripts need; `ioredis` satisfies it. */
export interface RedisScripting {
  evalsha(sha: string, keyCount: number, ...args: (string | number)[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...args: (string | number)[]): Promise<unknown>;
}

export type RedisScript = (
  redis: RedisScripting,
  key: string,
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A script with one key, called by its digest; its text is sent only where the server does not have it. */
export function redisScript(source: string): RedisScript {
  const sha = createHash("sha1").update(source).digest("hex");
  return async (redis, key, args) => {
    try {
      return await redis.evalsha(sha, 1, key, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return redis.eval(source, 1, key, ...args);
    }
  };
}
