/** So many units in a window, refilled evenly, with a burst that may come at once. */
export interface Rate {
  /** Shown in `RateLimit` headers: letters, digits, `-`, `_` and `.` */
  readonly name: string;
  /** Units in the window, above 0. */
  readonly limit: number;
  readonly windowMs: number;
  /** Units that may come at once, 1 or more; the limit itself by default. */
  readonly burst?: number;
}

/** A rate as GCRA computes with it. */
export interface CompiledRate {
  readonly rate: Rate;
  /** Time that one unit takes to grow back. */
  readonly intervalMs: number;
  /** Time that a full burst takes to grow back: how far ahead of now a bucket's time may run. */
  readonly toleranceMs: number;
}

/** Once for each list: limiters of the same rates, one a route, then share what every request reads. */
export function compileRates(rates: readonly Rate[]): readonly CompiledRate[] {
  const known = compiled.get(rates);
  if (known !== undefined) return known;
  const made = rates.map(compileRate);
  compiled.set(rates, made);
  return made;
}

const compiled = new WeakMap<readonly Rate[], readonly CompiledRate[]>();

function compileRate(rate: Rate): CompiledRate {
  const burst = rate.burst ?? rate.limit;
  if (!(rate.limit > 0) || !(rate.windowMs > 0) || !(burst >= 1)) {
    throw new RangeError(`rate ${rate.name} needs a limit and a window above 0 and a burst of at least 1`);
  }
  const intervalMs = rate.windowMs / rate.limit;
  return { rate, intervalMs, toleranceMs: intervalMs * burst };
}
