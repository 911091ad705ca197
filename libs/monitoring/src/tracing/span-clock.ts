/** How far the wall clock may differ from the expected time before it is adopted anew. */
const driftMaxMs = 20;

/** Milliseconds since the epoch, with fractions; monotonic within a trace. */
export type SpanClock = () => number;

/**
 * A monotonic clock aligned with the wall clock: spans of one process are ordered to the microsecond, and still match other processes'
 * after the wall clock was corrected.
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

/** Nanoseconds since the epoch as decimal digits: too large for a number. */
export function toNanos(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const fraction = Math.floor((epochMs - whole) * 1e6);
  return `${whole}${String(fraction).padStart(6, "0")}`;
}
