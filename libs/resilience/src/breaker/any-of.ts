import type { BreakerStrategy } from "./strategy.ts";

/** Opens as soon as any of several strategies does. All of them see every outcome. */
export function anyOf(...strategies: readonly BreakerStrategy[]): BreakerStrategy {
  return {
    onSuccess(nowMs) {
      for (const strategy of strategies) strategy.onSuccess(nowMs);
    },
    onFailure(nowMs) {
      let opens = false;
      for (const strategy of strategies) opens = strategy.onFailure(nowMs) || opens;
      return opens;
    },
    reset() {
      for (const strategy of strategies) strategy.reset();
    },
  };
}
