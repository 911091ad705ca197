/** The one value of a cookie (RFC 6265, section 5.4); `null` where there is none or more than one, which somebody has planted. */
export function readCookie(header: string, name: string): string | null {
  let found: string | null = null;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    if (found !== null) return null;
    found = pair.slice(equals + 1).trim();
  }
  return found;
}
