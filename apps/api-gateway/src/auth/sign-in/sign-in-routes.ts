import type { SessionService } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { SignIn } from "./sign-in.ts";

export interface SignInRoutesDeps {
  readonly signIn: SignIn;
  readonly sessions: SessionService;
  readonly clientIp: (request: Request) => string;
}

const startQuery = Type.Object({
  redirect_uri: Type.String({ minLength: 1, maxLength: 2048 }),
  code_challenge: Type.String({ minLength: 1, maxLength: 128 }),
  code_challenge_method: Type.String({ minLength: 1, maxLength: 16 }),
  state: Type.Optional(Type.String({ maxLength: 512 })),
});

const tokenBody = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 128 }),
    codeVerifier: Type.String({ minLength: 1, maxLength: 128 }),
  },
  { additionalProperties: false },
);

/** `start` and `callback` for browsers, `token` for the app that holds the verifier. */
export function createSignInRoutes({ signIn, sessions, clientIp }: SignInRoutesDeps) {
  return new Elysia({ name: "sign-in-routes" })
    .get(
      "/auth/oauth/:provider/start",
      ({ params, query }) =>
        signIn.start({
          provider: params.provider,
          redirectUri: query.redirect_uri,
          challenge: query.code_challenge,
          challengeMethod: query.code_challenge_method,
          clientState: query.state ?? "",
        }),
      { query: startQuery },
    )
    .get("/auth/oauth/:provider/callback", ({ params, request }) =>
      signIn.finish(params.provider, new URL(request.url).search.slice(1), request.headers.get("cookie")),
    )
    .post(
      "/auth/oauth/token",
      ({ body, request, set }) => {
        set.headers["cache-control"] = "no-store";
        return sessions.redeem(
          { code: body.code, verifier: body.codeVerifier },
          { address: clientIp(request), userAgent: request.headers.get("user-agent") },
        );
      },
      { body: tokenBody },
    );
}
