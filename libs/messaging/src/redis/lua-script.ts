import { createHash } from "node:crypto";
import type { Cluster, Redis } from "ioredis";

/** What a single Redis and a cluster have in common here. */
export type RedisConnection = Redis | Cluster;

/** A script, called by its digest; its text is sent only where the server does not have it, for instance after a restart. */
export class LuaScript {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  async run(
    redis: RedisConnection,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return redis.eval(this.#source, keys.length, ...keys, ...values);
    }
  }
}
