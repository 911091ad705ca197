import type { Logger, Metrics } from "@libs/monitoring";
import type { Redis } from "ioredis";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { type Shared, SharedPool } from "../../sharing/shared-pool.ts";
import { ResponseCache } from "./response-cache.ts";
import type { CacheConfig } from "./schema.ts";
import { MemoryStore } from "./store/memory-store.ts";
import { RedisStore } from "./store/redis-store.ts";
import type { PurgeAddress, ResponseStore } from "./store/response-store.ts";

/** The settings of a cache; equal specs share one. */
export interface CacheSpec extends Pick<CacheConfig, "store" | "bytesMax" | "entriesMax" | "storeTimeoutMs"> {
  /** `route x`, or the shared name. */
  readonly name: string;
}

export interface CachePoolDeps {
  /** `null` without Redis: caches that need it are refused at load. */
  readonly redis: Redis | null;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Caches outlive snapshots: a reload with the same settings keeps a cache's content. */
export class CachePool {
  readonly #deps: CachePoolDeps;
  readonly #pool: SharedPool<ResponseCache, MaybePromise<void>>;

  constructor(deps: CachePoolDeps) {
    this.#deps = deps;
    const gauge = (name: `cartway_${string}`, help: string) =>
      deps.metrics.gauge({ name, help, labels: ["cache"] });
    const bytes = gauge("cartway_cache_bytes", "What the answers of a cache take up in this process.");
    const entries = gauge("cartway_cache_entries", "Answers that a cache holds in this process.");
    deps.metrics.beforeRender(() => {
      for (const { name, size } of this.all()) {
        bytes.with({ cache: name }).set(size.bytes);
        entries.with({ cache: name }).set(size.entries);
      }
    });
    this.#pool = new SharedPool((cache) => {
      // where another config has one of that name, the next rendering brings them back
      for (const of of [bytes, entries]) of.remove({ cache: cache.name });
      return cache.close();
    });
  }

  acquire(spec: CacheSpec): Shared<ResponseCache, MaybePromise<void>> {
    return this.#pool.acquire(JSON.stringify(spec), () => createCache(spec, this.#deps));
  }

  all(): readonly ResponseCache[] {
    return this.#pool.all();
  }

  /**
   * Purges answers of one cache or of all, for every tenant. In-process caches are purged in this instance only. Rejects where a store
   * cannot be reached. @returns the number of purged addresses
   */
  async purge(address: PurgeAddress, name?: string): Promise<number> {
    const caches = this.all().filter((cache) => name === undefined || cache.name === name);
    const counts = await Promise.all(caches.map(async (cache) => cache.purge(address)));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

function createCache(spec: CacheSpec, deps: CachePoolDeps): ResponseCache {
  const { name, storeTimeoutMs } = spec;
  const { now, logger, metrics } = deps;
  return new ResponseCache({ name, storeTimeoutMs, now, logger, metrics, store: createStore(spec, deps) });
}

function createStore(
  { name, store, bytesMax, entriesMax }: CacheSpec,
  { redis, now, metrics }: CachePoolDeps,
): ResponseStore {
  if (store === "redis") {
    if (redis === null)
      throw new TypeError(`the cache ${name} needs Redis, and the gateway has none: set REDIS_URL`);
    return new RedisStore({ redis, name, now });
  }
  const evictions = metrics
    .counter({
      name: "cartway_cache_evictions_total",
      help: "Answers forgotten because there were too many.",
      labels: ["cache"],
    })
    .with({ cache: name });
  return new MemoryStore({ bytesMax, entriesMax, now, onEvicted: () => evictions.inc() });
}
