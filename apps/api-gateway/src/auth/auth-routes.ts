import { type Auth, callerByToken } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

export interface AuthRoutesDeps {
  readonly auth: Pick<Auth, "sessions" | "accessTokens" | "signingKeys">;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: Request) => string;
}

const loginBody = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
);

const refreshBody = Type.Object(
  { refreshToken: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);

/** Login, refresh, logout, who am I, and the keys that others verify our tokens with. Errors are in the envelope. */
export function createAuthRoutes({ auth, clientIp }: AuthRoutesDeps) {
  const { sessions, signingKeys } = auth;
  const identify = callerByToken(auth.accessTokens);
  const originOf = (request: Request) => ({
    address: clientIp(request),
    userAgent: request.headers.get("user-agent"),
  });

  return new Elysia({ name: "auth-routes" })
    .get("/.well-known/jwks.json", ({ set }) => {
      set.headers["cache-control"] = "public, max-age=300";
      return signingKeys.jwks();
    })
    .post(
      "/auth/login",
      ({ body, request, set }) => {
        set.headers["cache-control"] = "no-store";
        return sessions.login(body, originOf(request));
      },
      { body: loginBody },
    )
    .post(
      "/auth/refresh",
      ({ body, request, set }) => {
        set.headers["cache-control"] = "no-store";
        return sessions.refresh(body.refreshToken, originOf(request));
      },
      { body: refreshBody },
    )
    .post(
      "/auth/revoke",
      async ({ body, set }) => {
        await sessions.logoutByRefreshToken(body.refreshToken);
        set.status = 204;
      },
      { body: refreshBody },
    )
    .get("/auth/me", ({ request, set }) => {
      set.headers["cache-control"] = "no-store";
      return sessions.me(identify(request).userId);
    })
    .post("/auth/logout", async ({ request, set }) => {
      const { sessionId, userId } = identify(request);
      await sessions.logout(sessionId ?? "", userId);
      set.status = 204;
    })
    .post("/auth/logout-everywhere", async ({ request, set }) => {
      await sessions.logoutEverywhere(identify(request).userId);
      set.status = 204;
    });
}
