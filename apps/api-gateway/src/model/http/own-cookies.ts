const prefix = "__Host-cartway-";

/** The cookies in which the gateway keeps a browser's tokens. `__Host-` ties them to this very host over HTTPS. */
export const sessionCookies = { access: `${prefix}access`, refresh: `${prefix}refresh` } as const;
/** Begins the names of those of sign-ins in progress. */
export const signInCookiePrefix = `${prefix}sign-in-`;

/** A `Cookie` field without the cookies in which the gateway keeps a browser's tokens; empty where there are no others. */
export function withoutOwnCookies(cookies: string): string {
  if (!cookies.includes(prefix)) return cookies;
  const kept = cookies.split(";").filter((pair) => !isOwn((pair.split("=", 1)[0] ?? "").trim()));
  return kept.join(";").trim();
}

function isOwn(name: string): boolean {
  return (
    name === sessionCookies.access || name === sessionCookies.refresh || name.startsWith(signInCookiePrefix)
  );
}
