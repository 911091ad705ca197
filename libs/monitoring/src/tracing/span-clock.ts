/** How far the clock on the wall may have been set since it was last looked at before it is believed again. */
const driftMaxMs = 20;

/** What a span needs to know of time: milliseconds since the epoch, with fractions, that do not go back within a trace. */
export type SpanClock = () => number;

/**
 * The steady clock, set by the wall's: spans of one process come in their true order, to the microsecond, and still stand where
 * other processes' do after the wall's clock was corrected.
 */
export function createSpanClock(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
): SpanClock {
  let offset = wall() - steady();
  return () => {
    const now = offset + steady();
    const drift = wall() - now;
    if (drift < driftMaxMs && drift > -driftMaxMs) return now;
    offset += drift;
    return now + drift;
  };
}

/** Nanoseconds since the epoch in decimal digits: more than a number can hold. */
export function toNanos(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const fraction = Math.floor((epochMs - whole) * 1e6);
  return `${whole}${String(fraction).padStart(6, "0")}`;
}
