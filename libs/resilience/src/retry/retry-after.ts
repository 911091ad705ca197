/**
 * Parses `Retry-After` (RFC 9110, section 10.2.3) to milliseconds from now; `null` where it is absent or malformed. A past date is 0.
 *
 * @param nowMs milliseconds since the epoch.
 */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // an HTTP date begins with a weekday; `Date.parse` alone would accept `-5` as a month
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
