const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const month = `(${months.join("|")})`;
const time = "(\\d{2}):(\\d{2}):(\\d{2})";

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and the two obsolete forms that are still to be read (RFC 9110, section 5.6.7). */
const fixed = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{2}) ${month} (\\d{4}) ${time} GMT$`, "i");
const rfc850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-${month}-(\\d{2}) ${time} GMT$`,
  "i",
);
const asctime = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} ([ \\d]\\d) ${time} (\\d{4})$`, "i");

/** Milliseconds since the epoch; `null` for text in none of the three formats. */
export function parseHttpDate(text: string, now: number): number | null {
  const full = fixed.exec(text);
  if (full !== null) return timeOf(full[3], full[2], full[1], full.slice(4));
  const unix = asctime.exec(text);
  if (unix !== null) return timeOf(unix[6], unix[1], unix[2], unix.slice(3, 6));
  const old = rfc850.exec(text);
  return old === null ? null : timeOf(fourDigits(old[3], now), old[2], old[1], old.slice(4));
}

/** A two-digit year that would be more than fifty years ahead is in the past. */
function fourDigits(year: string | undefined, now: number): string {
  const present = new Date(now).getUTCFullYear();
  const guess = Math.floor(present / 100) * 100 + Number(year);
  return String(guess > present + 50 ? guess - 100 : guess);
}

function timeOf(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  clock: readonly (string | undefined)[],
): number | null {
  const at = months.findIndex((name) => name.toLowerCase() === monthName?.toLowerCase());
  const [hours, minutes, seconds] = clock.map(Number);
  if ((hours ?? 24) > 23 || (minutes ?? 60) > 59 || (seconds ?? 61) > 60) return null;
  return Date.UTC(Number(year), at, Number(day), hours, minutes, seconds);
}
