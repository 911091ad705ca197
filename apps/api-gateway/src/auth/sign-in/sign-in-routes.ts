import type { SessionService } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { deliverGrant, wantsCookies } from "../deliver-grant.ts";
import { createAttemptRecord } from "../record-attempts.ts";
import type { SignIn } from "./sign-in.ts";

export interface SignInRoutesDeps {
  readonly signIn: SignIn;
  readonly sessions: SessionService;
  readonly clientIp: (request: Request) => string;
  readonly securityEvents: SecurityEvents;
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
    cookies: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** `start` and `callback` for browsers, `token` for the app with the verifier. */
export function createSignInRoutes({ signIn, sessions, clientIp, securityEvents }: SignInRoutesDeps) {
  const onRecord = createAttemptRecord(securityEvents, clientIp);
  return new Elysia({ name: "sign-in-routes" })
    .get(
      "/auth/oauth/:provider/start",
      ({ params, query, request }) =>
        signIn.start({
          provider: params.provider,
          redirectUri: query.redirect_uri,
          challenge: query.code_challenge,
          challengeMethod: query.code_challenge_method,
          clientState: query.state ?? "",
          cookies: request.headers.get("cookie"),
          address: clientIp(request),
        }),
      { query: startQuery, detail: described("Sends a browser to a provider of the config") },
    )
    .get(
      "/auth/oauth/:provider/callback",
      ({ params, request }) =>
        signIn.finish({
          provider: params.provider,
          query: new URL(request.url).search.slice(1),
          cookies: request.headers.get("cookie"),
          address: clientIp(request),
        }),
      { detail: described("Where the provider sends the browser back to") },
    )
    .post(
      "/auth/oauth/token",
      async ({ body, request }) => {
        const inCookies = onRecord(request, () => wantsCookies(body, request));
        const proof = { code: body.code, verifier: body.codeVerifier };
        const origin = { address: clientIp(request), userAgent: request.headers.get("user-agent") };
        return deliverGrant(await sessions.redeem(proof, origin), inCookies);
      },
      { body: tokenBody, detail: described("Tokens for the code that the browser came back with") },
    );
}

const described = (summary: string) => ({ summary, tags: ["sign-in"] });
