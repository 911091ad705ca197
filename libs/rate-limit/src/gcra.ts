import type { RateDecision, RateState } from "./rate-limiter.ts";
import type { CompiledRate } from "./rate.ts";

/*
 * The generic cell rate algorithm (ITU-T I.371): a bucket is one number, the time at which it will be full again (the
 * theoretical arrival time). Taking moves that time forward; a request conforms while the time stays within the burst's
 * tolerance of now. A weight divides the cost, which equals a higher limit with the same window.
 */

/** Clamps an arrival time to the valid range: not in the past, and not beyond the maximum debt (after a clock jump). */
export function clampArrival(arrival: number, now: number, rate: CompiledRate): number {
  return Math.min(Math.max(arrival, now), now + 2 * rate.toleranceMs);
}

/** Milliseconds until `costMs` of bucket time is available: 0 for now, `Infinity` for never. */
function waitFor(arrival: number, now: number, costMs: number, rate: CompiledRate): number {
  if (costMs > rate.toleranceMs * (1 + roundingSlack)) return Number.POSITIVE_INFINITY;
  const wait = arrival + costMs - rate.toleranceMs - now;
  return wait > rate.toleranceMs * roundingSlack ? wait : 0;
}

export function stateOf(arrival: number, now: number, weight: number, rate: CompiledRate): RateState {
  const left = rate.toleranceMs - (arrival - now);
  const remaining = Math.max(0, Math.floor((left / rate.intervalMs) * weight + unitSlack));
  return { rate: rate.rate, remaining, resetMs: Math.max(0, arrival - now) };
}

/** Decides over all rates at once. `arrivals` has one time per rate, and changes only where all rates allow the request. */
export function takeFrom(
  arrivals: Float64Array,
  rates: readonly CompiledRate[],
  request: { readonly now: number; readonly cost: number; readonly weight: number },
): RateDecision {
  const { now, cost, weight } = request;
  let retryAfterMs = 0;
  for (let index = 0; index < rates.length; index += 1) {
    const rate = rates[index];
    if (rate === undefined) break;
    const arrival = clampArrival(arrivals[index] ?? now, now, rate);
    arrivals[index] = arrival;
    retryAfterMs = Math.max(retryAfterMs, waitFor(arrival, now, (cost / weight) * rate.intervalMs, rate));
  }
  const allowed = retryAfterMs === 0;
  const states: RateState[] = [];
  for (let index = 0; index < rates.length; index += 1) {
    const rate = rates[index];
    if (rate === undefined) break;
    const arrival = (arrivals[index] ?? now) + (allowed ? (cost / weight) * rate.intervalMs : 0);
    arrivals[index] = arrival;
    states.push(stateOf(arrival, now, weight, rate));
  }
  return { allowed, retryAfterMs, states };
}

/** Tolerates rounding errors: without it, a thousand additions would cost a caller a unit. */
const roundingSlack = 1e-9;
const unitSlack = 1e-6;
