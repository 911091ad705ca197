import { sessionCookies } from "../model/http/own-cookies.ts";

interface CookieTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

const refreshSeconds = 14 * 86_400;

/** Out of reach of scripts, and sent by no other site's pages. */
export function setSessionCookies({ accessToken, refreshToken, expiresIn }: CookieTokens): string[] {
  return [
    cookie(sessionCookies.access, accessToken, expiresIn),
    cookie(sessionCookies.refresh, refreshToken, refreshSeconds),
  ];
}

export function clearSessionCookies(): string[] {
  return [cookie(sessionCookies.access, "", 0), cookie(sessionCookies.refresh, "", 0)];
}

function cookie(name: string, value: string, maxAge: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; Secure; SameSite=Strict`;
}
