/**
 * Decides when a closed breaker opens. Sees every outcome while closed; MUST take constant time and MUST NOT allocate, because it runs on
 * every request.
 */
export interface BreakerStrategy {
  onSuccess(nowMs: number): void;
  /** @returns whether the breaker opens. */
  onFailure(nowMs: number): boolean;
  /** The breaker has closed again: earlier outcomes no longer count. */
  reset(): void;
}
