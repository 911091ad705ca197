import { CartwayError } from "@libs/errors";
import { Redis } from "ioredis";
import { measureHealth, type StoreHealth } from "../store-health.ts";

/**
 * Redis through ioredis. Reconnects with growing, jittered delays; meanwhile every command fails at once, because a queue of commands for
 * an unreachable server would be unbounded and its effects unpredictable.
 */
export class RedisClient {
  /** The driver, for commands, pipelines and scripts. Throws its own errors: wrap calls in `run` at a store's boundary. */
  readonly driver: Redis;
  #lastError: Error | undefined;

  constructor(url: string) {
    this.driver = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      connectTimeout: 5000,
      commandTimeout: 5000,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(5000, 100 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2),
    });
    // every command reports its own failure; without a listener ioredis prints to the console
    this.driver.on("error", (error) => {
      this.#lastError = error;
    });
  }

  /** Resolves when Redis answers; rejects with `store_unavailable` after `deadlineMs`, while reconnecting continues. */
  async connect(deadlineMs = 5000): Promise<void> {
    if (this.driver.status === "wait") await this.driver.connect().catch(() => undefined);
    const giveUpAt = performance.now() + deadlineMs;
    while (this.driver.status !== "ready") {
      if (performance.now() > giveUpAt)
        throw new CartwayError("store_unavailable", {
          internal: "Redis cannot be reached",
          cause: this.#lastError,
        });
      await Bun.sleep(20);
    }
  }

  /** Runs commands, and throws `store_unavailable` where Redis is unreachable. */
  async run<T>(work: (driver: Redis) => Promise<T>): Promise<T> {
    try {
      return await work(this.driver);
    } catch (thrown) {
      // Redis answered: its errors begin with an upper-case word such as WRONGTYPE
      if (thrown instanceof Error && thrown.name === "ReplyError") throw thrown;
      throw new CartwayError("store_unavailable", { internal: "Redis cannot be reached", cause: thrown });
    }
  }

  async health(): Promise<StoreHealth> {
    return await measureHealth(() => this.driver.ping());
  }

  /** Waits for commands in progress. Safe on a client that never connected or has lost its server. */
  async close(): Promise<void> {
    if (this.driver.status === "ready") await this.driver.quit();
    else this.driver.disconnect();
  }
}
