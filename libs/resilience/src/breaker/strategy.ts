/**
 * When a closed breaker opens. Told of every outcome while it is closed; MUST take constant time and MUST NOT allocate, as it
 * runs once a request.
 */
export interface BreakerStrategy {
  onSuccess(nowMs: number): void;
  /** @returns whether the breaker opens now. */
  onFailure(nowMs: number): boolean;
  /** The breaker has closed again: what happened before does not count any more. */
  reset(): void;
}
