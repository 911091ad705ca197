import { CartwayError } from "@libs/errors";
import type { RateLimiter } from "@libs/rate-limit";
import type { LimiterPool } from "./limiter-pool.ts";
import { storeUnavailable } from "./store-unavailable.ts";

/** A bucket: the name of its limit, as in metrics and refusals, and its key, such as `ip 192.0.2.1`. */
export interface BucketAddress {
  readonly limit: string;
  readonly key: string;
}

export interface BucketState {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** The state of a bucket, per limiter of that name and per rate. Throws `not_found`, `store_unavailable`. */
export async function inspectBucket(
  pool: LimiterPool,
  { limit, key }: BucketAddress,
): Promise<BucketState[][]> {
  return Promise.all(findLimiters(pool, limit).map((limiter) => look(limiter, { limit, key })));
}

/**
 * Resets a bucket to full. `record` writes the audit entry, with the previous state, and runs first: without it nothing is reset. Throws
 * `not_found`, `store_unavailable`.
 */
export async function resetBucket(
  pool: LimiterPool,
  address: BucketAddress,
  record: (verb: "limit.reset", before: readonly (readonly BucketState[])[]) => Promise<void>,
): Promise<void> {
  await record("limit.reset", await inspectBucket(pool, address));
  for (const limiter of findLimiters(pool, address.limit)) await limiter.reset(address.key);
}

function findLimiters(pool: LimiterPool, name: string): readonly RateLimiter[] {
  const limiters = pool.find(name);
  if (limiters.length === 0) throw new CartwayError("not_found", { message: "There is no such limit." });
  return limiters;
}

async function look(limiter: RateLimiter, { limit: name, key }: BucketAddress): Promise<BucketState[]> {
  const decision = await limiter.take(key, 0);
  if (decision.storeIsAway === true) throw storeUnavailable(name, decision);
  return decision.states.map(({ rate, remaining, resetMs }) => {
    const { name, limit, windowMs } = rate;
    return { name, limit, windowMs, remaining, resetMs: Math.ceil(resetMs) };
  });
}
