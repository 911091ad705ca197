/** The value of a cookie (RFC 6265, section 5.4); `null` for none, and for several, one of which may have been planted. */
export function readCookie(header: string, name: string): string | null {
  const [value = null, ...more] = readCookies(header, name);
  return more.length === 0 ? value : null;
}

/**
 * All values of a cookie. Names are compared without trimming: browsers let any site of the domain set a name, such as one after a
 * no-break space, that only trimming turns into a `__Host-` name.
 */
export function readCookies(header: string, name: string): readonly string[] {
  return header.split(";").flatMap((pair) => {
    const start = startOf(pair);
    const isNamed = pair.startsWith(name, start) && pair[start + name.length] === "=";
    return isNamed ? [pair.slice(start + name.length + 1)] : [];
  });
}

/** Skips only the whitespace that separates cookies. */
function startOf(pair: string): number {
  let start = 0;
  while (pair[start] === " " || pair[start] === "\t") start += 1;
  return start;
}
