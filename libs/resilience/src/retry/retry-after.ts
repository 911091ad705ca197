/**
 * `Retry-After` of RFC 9110, section 10.2.3, in milliseconds from now; `null` where it is missing or neither whole seconds nor a
 * date. A date that has passed is 0.
 *
 * @param nowMs milliseconds since the epoch.
 */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // An HTTP date begins with the name of a day; `Date.parse` alone would take `-5` for a month.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
