import type { RateDecision, RateState } from "./rate-limiter.ts";
import type { CompiledRate } from "./rate.ts";

/*
 * The generic cell rate algorithm (ITU-T I.371): a bucket is one number, the time at which it will be full again (the
 * theoretical arrival time). Taking moves that time forward; a request conforms while the time stays within the burst's
 * tolerance of now. A weight divides the cost, which equals a higher limit with the same window.
 */

/** Arrival time as far as it can be right: not in the past, and not further ahead than debts may go (a clock that jumped). */
export function clampArrival(arrival: number, now: number, rate: CompiledRate): number {
  return Math.min(Math.max(arrival, now), now + 2 * rate.toleranceMs);
}

/** How long until `costMs` of bucket time could be taken: 0 for now, `Infinity` for never. */
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

/** Decides over all rates at once. `arrivals` holds one time a rate and is moved forward only where all rates allow. */
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

/** Adding intervals a thousand times must not cost the thousandth caller its unit. */
const roundingSlack = 1e-9;
const unitSlack = 1e-6;
