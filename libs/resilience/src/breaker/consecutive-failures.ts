import type { BreakerStrategy } from "./strategy.ts";

/** Opens after a number of consecutive failures. For services with little traffic, where a rate is meaningless. */
export function consecutiveFailures({ failuresMax }: { readonly failuresMax: number }): BreakerStrategy {
  let failures = 0;
  return {
    onSuccess() {
      failures = 0;
    },
    onFailure() {
      failures += 1;
      return failures >= failuresMax;
    },
    reset() {
      failures = 0;
    },
  };
}
