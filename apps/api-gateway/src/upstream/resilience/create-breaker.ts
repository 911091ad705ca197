import {
  anyOf,
  type BreakerState,
  type BreakerStrategy,
  type CircuitBreaker,
  type Clock,
  consecutiveFailures,
  createCircuitBreaker,
  failureRate,
} from "@libs/resilience";
import type { BreakerSettings } from "./breaker-schema.ts";

export interface BreakerParts {
  readonly clock: Clock;
  /** Called after every change of state. */
  readonly changed: (state: BreakerState["kind"]) => void;
}

/** The breaker that the config describes. */
export function createBreaker(settings: BreakerSettings, { clock, changed }: BreakerParts): CircuitBreaker {
  const { openMs, openMsMax, probes } = settings;
  return createCircuitBreaker({
    strategy: strategyOf(settings),
    openMs,
    openMsMax,
    probes,
    now: clock.now,
    onChange: ({ kind }) => changed(kind),
  });
}

function strategyOf({ failuresInARow, failureRate: rate }: BreakerSettings): BreakerStrategy {
  const { ratioMax, windowMs, requestsMin } = rate;
  const byRate = failureRate({ ratioMax, windowMs, callsMin: requestsMin });
  if (failuresInARow === 0) return byRate;
  const inARow = consecutiveFailures({ failuresMax: failuresInARow });
  return ratioMax === 1 ? inARow : anyOf(inARow, byRate);
}
