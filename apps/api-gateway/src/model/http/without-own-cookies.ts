const prefix = "__Host-cartway-";
/** Those of sessions and of sign-ins in progress. */
const ownCookie = /^__Host-cartway-(?:access|refresh|sign-in-.*)$/;

/** A `Cookie` field without the cookies in which the gateway keeps a browser's tokens; empty where there are no others. */
export function withoutOwnCookies(cookies: string): string {
  if (!cookies.includes(prefix)) return cookies;
  const kept = cookies.split(";").filter((pair) => !ownCookie.test((pair.split("=", 1)[0] ?? "").trim()));
  return kept.join(";").trim();
}
