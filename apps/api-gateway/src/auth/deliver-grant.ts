import { readCookie, readCookies, type TokenGrant } from "@libs/auth";
import { CartwayError } from "@libs/errors";
import { isOwnPage } from "../identity/is-own-page.ts";
import { clearSessionCookies, setSessionCookies } from "../identity/session-cookies.ts";
import { sessionCookies } from "../model/http/own-cookies.ts";

/**
 * Whether the caller requests cookies. Throws `forbidden` for a page of another site, which could log its visitor in to a foreign
 * account.
 */
export function wantsCookies(body: { readonly cookies?: boolean }, request: Request): boolean {
  if (body.cookies !== true) return false;
  if (!isOwnPage(request)) throw new CartwayError("forbidden");
  return true;
}

/** Sends a grant in the body, or its tokens in cookies that scripts cannot read. Never cacheable. */
export function deliverGrant(grant: TokenGrant, inCookies: boolean): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (!inCookies) return Response.json(grant, { headers });
  for (const cookie of setSessionCookies(grant)) headers.append("set-cookie", cookie);
  return Response.json({ user: grant.user, expiresIn: grant.expiresIn }, { headers });
}

/** Clears the session's cookies in the browser as well, unless a page of another site asked: it could log its visitor out. */
export function deliverLogout(request: Request): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (isOwnPage(request)) for (const cookie of clearSessionCookies()) headers.append("set-cookie", cookie);
  return new Response(null, { status: 204, headers });
}

/** The refresh token of a browser's session. Throws `invalid_token` where there is none, `forbidden` for a page of another site. */
export function refreshTokenOf(request: Request): string {
  const token = readCookie(request.headers.get("cookie") ?? "", sessionCookies.refresh);
  if (token === null || token === "") throw new CartwayError("invalid_token");
  if (!isOwnPage(request)) throw new CartwayError("forbidden");
  return token;
}

/** Whether a browser has kept of its session what outlives the access token: that cookie ends with its token. */
export function keepsOnlyRefreshToken({ headers }: Request): boolean {
  const cookies = headers.get("cookie");
  if (cookies === null || headers.has("authorization")) return false;
  return hasCookie(cookies, sessionCookies.refresh) && !hasCookie(cookies, sessionCookies.access);
}

function hasCookie(cookies: string, name: string): boolean {
  return readCookies(cookies, name).some((value) => value !== "");
}

/** Copies the session cookie's access token to `Authorization`, where that is absent. */
export function withSessionToken(request: Request): Request {
  const cookies = request.headers.get("cookie");
  if (cookies === null || request.headers.has("authorization")) return request;
  const token = readCookie(cookies, sessionCookies.access);
  if (token === null || token === "") return request;
  if (!isOwnPage(request)) throw new CartwayError("forbidden");
  const headers = new Headers({ authorization: `Bearer ${token}` });
  return new Request(request.url, { method: request.method, headers });
}
