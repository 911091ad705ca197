/**
 * The time since `at`, in milliseconds. Infinite where the clock was set back since: a cache entry must not live longer than intended.
 */
export function ageOf(at: number, now: number): number {
  return now < at ? Number.POSITIVE_INFINITY : now - at;
}
