import type { Auth } from "@libs/auth";
import type { Logger } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import { createAuthRoutes } from "./auth-routes.ts";
import { createCrossOrigin } from "./cross-origin.ts";
import type { SignInConfig } from "./sign-in/schema.ts";
import { SignIn } from "./sign-in/sign-in.ts";
import { createSignInRoutes } from "./sign-in/sign-in-routes.ts";

export interface PlatformRoutesDeps {
  readonly logger: Logger;
  readonly signInConfig: () => SignInConfig | null;
  readonly readSecret: ReadSecret;
  readonly clientIp: (request: Request) => string;
  readonly securityEvents: SecurityEvents;
}

/** The endpoints of the platform's own users: login, tokens, and signing in with other accounts. */
export function createPlatformRoutes(
  auth: Auth,
  { logger, signInConfig, readSecret, clientIp, securityEvents }: PlatformRoutesDeps,
): readonly AnyElysia[] {
  const { signIns: grants, sessions } = auth;
  const signIn = new SignIn({ grants, config: signInConfig, readSecret, logger, securityEvents });
  return [
    createCrossOrigin(signInConfig),
    createAuthRoutes({ auth, clientIp, securityEvents }),
    createSignInRoutes({ signIn, sessions, clientIp, securityEvents }),
  ];
}
