export { anyOf } from "./breaker/any-of.ts";
export {
  type BreakerState,
  type BreakerTicket,
  type CircuitBreaker,
  type CircuitBreakerOptions,
  createCircuitBreaker,
  refused,
} from "./breaker/circuit-breaker.ts";
export { consecutiveFailures } from "./breaker/consecutive-failures.ts";
export { type FailureRateOptions, failureRate } from "./breaker/failure-rate.ts";
export type { BreakerStrategy } from "./breaker/strategy.ts";
export { type Clock, systemClock } from "./clock.ts";
export { Pace } from "./pace.ts";
export { pause } from "./pause.ts";
export {
  type Backoff,
  type ExponentialBackoffOptions,
  exponentialBackoff,
} from "./retry/backoff.ts";
export { parseRetryAfter } from "./retry/retry-after.ts";
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from "./retry/retry-budget.ts";
