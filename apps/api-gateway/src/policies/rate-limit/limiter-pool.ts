import type { Logger, Metrics } from "@libs/monitoring";
import {
  GuardedLimiter,
  InProcessLimiter,
  LeasedLimiter,
  type OnStoreError,
  type Rate,
  type RateLimiter,
  RedisLimiter,
  type RedisLimiterOptions,
} from "@libs/rate-limit";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { SharedPool } from "../../sharing/shared-pool.ts";

/** The definition of a limiter. Equal definitions share one limiter. */
export interface LimiterSpec {
  /** The limit's name, with its route or the name under which it is shared. */
  readonly name: string;
  readonly rates: readonly Rate[];
  readonly keysMax: number;
  readonly store:
    | { readonly type: "in-process" }
    | {
        readonly type: "redis" | "redis-leases";
        readonly onStoreError: OnStoreError;
        readonly timeoutMs: number;
        readonly share: number;
        readonly leaseMs: number;
      };
}

export interface PooledLimiter {
  readonly limiter: RateLimiter;
  /** Closes the limiter after its last release. */
  readonly release: () => MaybePromise<void>;
}

export interface LimiterPoolDeps {
  /** `null` where the gateway has no Redis: limits that need it are then refused at load. */
  readonly redis: RedisLimiterOptions["redis"] | null;
  readonly monotonicNow: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface PoolEntry {
  readonly spec: LimiterSpec;
  readonly limiter: RateLimiter;
}

const pauseMs = 500;

/** Limiters outlive snapshots: a reload that does not change a limit must not reset everybody's budget. */
export class LimiterPool {
  readonly #deps: LimiterPoolDeps;
  readonly #pool = new SharedPool<PoolEntry, MaybePromise<void>>(({ limiter }) => limiter.close());

  constructor(deps: LimiterPoolDeps) {
    this.#deps = deps;
  }

  /** Throws where the limit needs Redis and there is none. */
  acquire(spec: LimiterSpec): PooledLimiter {
    const create = (): PoolEntry => ({ spec, limiter: this.#create(spec) });
    const { value, release } = this.#pool.acquire(JSON.stringify(spec), create);
    return { limiter: value.limiter, release };
  }

  /** For the admin port: the definitions of all limits, by name. */
  all(): readonly LimiterSpec[] {
    return this.#pool
      .all()
      .map(({ spec }) => spec)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** For the admin port: the limiters of a name, to inspect or reset a bucket. */
  find(name: string): readonly RateLimiter[] {
    return this.#pool
      .all()
      .filter(({ spec }) => spec.name === name)
      .map(({ limiter }) => limiter);
  }

  #create(spec: LimiterSpec): RateLimiter {
    const { monotonicNow, redis } = this.#deps;
    const local = this.#createLocal(spec);
    const { store } = spec;
    if (store.type === "in-process") return local;
    if (redis === null)
      throw new TypeError(`the limit ${spec.name} needs Redis, and the gateway has none: set REDIS_URL`);
    const onError = this.#failureReporter(spec.name);
    const exact = new RedisLimiter({ redis, rates: spec.rates, prefix: `cartway:limit:${spec.name}:` });
    const { share, leaseMs } = store;
    const source =
      store.type === "redis"
        ? exact
        : new LeasedLimiter({ source: exact, share, leaseMs, keysMax: spec.keysMax, monotonicNow, onError });
    const fallbacks = this.#deps.metrics.counter({
      name: "cartway_rate_limit_fallbacks_total",
      help: "Decisions made without the store, by onStoreError.",
      labels: ["limit", "mode"],
    });
    return new GuardedLimiter({
      source,
      local,
      onStoreError: store.onStoreError,
      timeoutMs: store.timeoutMs,
      pauseMs,
      monotonicNow,
      onError,
      onFallback: (mode) => fallbacks.with({ limit: spec.name, mode }).inc(),
    });
  }

  #createLocal(spec: LimiterSpec): InProcessLimiter {
    const { metrics, monotonicNow } = this.#deps;
    const evictions = metrics.counter({
      name: "cartway_rate_limit_evictions_total",
      help: "Buckets forgotten because there were too many.",
      labels: ["limit"],
    });
    return new InProcessLimiter({
      rates: spec.rates,
      keysMax: spec.keysMax,
      monotonicNow,
      onEvicted: (buckets) => evictions.with({ limit: spec.name }).inc(buckets),
    });
  }

  #failureReporter(name: string): (error: unknown) => void {
    const failures = this.#deps.metrics
      .counter({
        name: "cartway_rate_limit_store_failures_total",
        help: "Times that the store of a limit did not answer.",
        labels: ["limit"],
      })
      .with({ limit: name });
    return (error) => {
      failures.inc();
      this.#deps.logger.error({ err: error, limit: name }, "a rate limit's store does not respond");
    };
  }
}
