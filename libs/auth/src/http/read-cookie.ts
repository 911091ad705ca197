/** The one value of a cookie (RFC 6265, section 5.4); `null` where there is none or more than one, which somebody has planted. */
export function readCookie(header: string, name: string): string | null {
  const [value = null, ...more] = readCookies(header, name);
  return more.length === 0 ? value : null;
}

/**
 * All values of a cookie. A name counts as it stands: browsers let any site of the domain plant what only trimming turns into a
 * `__Host-` name, such as one after a no-break space.
 */
export function readCookies(header: string, name: string): readonly string[] {
  return header.split(";").flatMap((pair) => {
    const start = startOf(pair);
    const isNamed = pair.startsWith(name, start) && pair[start + name.length] === "=";
    return isNamed ? [pair.slice(start + name.length + 1)] : [];
  });
}

/** After the blanks that separate one cookie from the next, and nothing else that is taken for blank. */
function startOf(pair: string): number {
  let start = 0;
  while (pair[start] === " " || pair[start] === "\t") start += 1;
  return start;
}
