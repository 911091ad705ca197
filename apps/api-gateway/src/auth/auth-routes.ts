import type { Auth } from "@libs/auth";
import { callerByToken } from "@libs/auth/platform";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import { createAttemptRecord } from "./record-attempts.ts";
import {
  deliverGrant,
  deliverLogout,
  keepsOnlyRefreshToken,
  refreshTokenOf,
  wantsCookies,
  withSessionToken,
} from "./deliver-grant.ts";

export interface AuthRoutesDeps {
  readonly auth: Pick<Auth, "sessions" | "accessTokens" | "signingKeys">;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: Request) => string;
  readonly securityEvents: SecurityEvents;
}

const loginBody = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
    cookies: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** Without a token the browser's cookie is used, and the answer sets cookies again. */
const refreshBody = Type.Object(
  { refreshToken: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  { additionalProperties: false },
);

const revokeBody = Type.Object(
  { refreshToken: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);

/** Login, refresh, logout, the current user, and the keys that verify our tokens. Errors are rendered in the envelope. */
export function createAuthRoutes({ auth, clientIp, securityEvents }: AuthRoutesDeps) {
  const { sessions, signingKeys } = auth;
  const onRecord = createAttemptRecord(securityEvents, clientIp);
  const readCaller = callerByToken(auth.accessTokens);
  const identify = (request: Request) => onRecord(request, () => readCaller(withSessionToken(request)));
  const originOf = (request: Request) => ({
    address: clientIp(request),
    userAgent: request.headers.get("user-agent"),
  });

  return new Elysia({ name: "auth-routes" })
    .get(
      "/.well-known/jwks.json",
      ({ set }) => {
        set.headers["cache-control"] = "public, max-age=300";
        return signingKeys.jwks();
      },
      { detail: described("The keys that verify the platform's tokens (RFC 7517)") },
    )
    .post(
      "/auth/login",
      async ({ body, request }) => {
        const inCookies = onRecord(request, () => wantsCookies(body, request));
        return deliverGrant(await sessions.login(body, originOf(request)), inCookies);
      },
      { body: loginBody, detail: described("An access token and a refresh token for a password") },
    )
    .post(
      "/auth/refresh",
      async ({ body, request }) => {
        const token = body.refreshToken ?? onRecord(request, () => refreshTokenOf(request));
        return deliverGrant(
          await sessions.refresh(token, originOf(request)),
          body.refreshToken === undefined,
        );
      },
      { body: refreshBody, detail: described("The next two tokens for a refresh token, which is good once") },
    )
    .post(
      "/auth/revoke",
      async ({ body, request }) => {
        await sessions.logoutByRefreshToken(body.refreshToken);
        return deliverLogout(request);
      },
      { body: revokeBody, detail: described("Ends the session of a refresh token") },
    )
    .get(
      "/auth/me",
      ({ request, set }) => {
        set.headers["cache-control"] = "no-store";
        return sessions.me(identify(request).userId);
      },
      { detail: forCallers("Who the caller is, with their permissions") },
    )
    .post(
      "/auth/logout",
      async ({ request }) => {
        if (keepsOnlyRefreshToken(request)) {
          await sessions.logoutByRefreshToken(onRecord(request, () => refreshTokenOf(request)));
        } else {
          const { sessionId, userId } = identify(request);
          await sessions.logout(sessionId ?? "", userId);
        }
        return deliverLogout(request);
      },
      { detail: forCallers("Ends the caller's session") },
    )
    .post(
      "/auth/logout-everywhere",
      async ({ request }) => {
        await sessions.logoutEverywhere(identify(request).userId);
        return deliverLogout(request);
      },
      { detail: forCallers("Ends all sessions of the caller") },
    );
}

const described = (summary: string) => ({ summary, tags: ["sign-in"] });

/** Documents that a route requires the access token. */
const forCallers = (summary: string) => ({ ...described(summary), security: [{ bearer: [] }] });
