export { GuardedLimiter, type GuardedLimiterOptions, type OnStoreError } from "./guarded-limiter.ts";
export { InProcessLimiter, type InProcessLimiterOptions } from "./in-process-limiter.ts";
export { LeasedLimiter, type LeasedLimiterOptions } from "./leased-limiter.ts";
export type { Rate } from "./rate.ts";
export type { RateDecision, RateLimiter, RateState } from "./rate-limiter.ts";
export { RedisLimiter, type RedisLimiterOptions } from "./redis-limiter.ts";
export { type BucketRate, TokenBucket } from "./token-bucket.ts";
