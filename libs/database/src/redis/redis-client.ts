import { CartwayError } from "@libs/errors";
import { Redis } from "ioredis";
import { measureHealth, type StoreHealth } from "../store-health.ts";

/**
 * Redis through ioredis. Reconnects by itself with growing, jittered waits; meanwhile every command fails at once, because
 * a queue of commands for a server that is away is neither bounded nor true.
 */
export class RedisClient {
  /** The driver, for commands, pipelines and scripts. Its errors are its own: wrap calls in `run` at a store's edge. */
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
    // Every command reports its own failure; without a listener ioredis prints to the console.
    this.driver.on("error", (error) => {
      this.#lastError = error;
    });
  }

  /** Resolves when Redis answers; rejects with `store_unavailable` after `deadlineMs`, while it goes on trying. */
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

  /** Runs commands and gives `store_unavailable` where Redis could not be asked. */
  async run<T>(work: (driver: Redis) => Promise<T>): Promise<T> {
    try {
      return await work(this.driver);
    } catch (thrown) {
      // Redis answered: its own errors are named by an upper-case word such as WRONGTYPE.
      if (thrown instanceof Error && thrown.name === "ReplyError") throw thrown;
      throw new CartwayError("store_unavailable", { internal: "Redis cannot be reached", cause: thrown });
    }
  }

  async health(): Promise<StoreHealth> {
    return await measureHealth(() => this.driver.ping());
  }

  /** Lets sent commands end. Closing a client that never connected, or that lost its server, is fine. */
  async close(): Promise<void> {
    if (this.driver.status === "ready") await this.driver.quit();
    else this.driver.disconnect();
  }
}
