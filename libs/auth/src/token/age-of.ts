/**
 * How long ago something was; for ever ago where the clock was set back since, so that nothing is believed for longer than was
 * said. All in milliseconds.
 */
export function ageOf(at: number, now: number): number {
  return now < at ? Number.POSITIVE_INFINITY : now - at;
}
