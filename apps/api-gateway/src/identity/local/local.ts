import { Type } from "@sinclair/typebox";
import type { Principal } from "../../model/identity/principal.ts";
import { defineIdentity, type Identity } from "../identity.ts";
import { MissingStore } from "../missing-store.ts";
import { sessionCookies } from "../../model/http/own-cookies.ts";
import { createTokenIdentity, verifiedMax } from "../token-identity.ts";

/** The platform's own access tokens, as `POST /auth/login` issues them. */
export const local = defineIdentity({
  schema: Type.Object(
    {
      cookie: Type.Boolean({
        description:
          "Also takes the token from the browser's session cookie, if a page of this origin sends it.",
        default: false,
      }),
      cacheMax: verifiedMax,
    },
    { additionalProperties: false, description: "Tokens that /auth/login issues." },
  ),
  create(name, config, { auth, now }) {
    if (auth === null) throw new MissingStore("it needs the platform's database: set DATABASE_URL");
    const tokens = auth.accessTokens;
    const identity = createTokenIdentity({
      name,
      now,
      cacheMax: config.cacheMax,
      generation: () => tokens.generation,
      isRevoked: (principal) => tokens.isRevoked(revocableOf(principal)),
      verify(text) {
        const verdict = tokens.verify(text);
        if (!verdict.valid) return { verdict: "invalid", fault: verdict.fault };
        const { token } = verdict;
        const principal: Principal = {
          identity: name,
          method: "jwt",
          subject: token.userId,
          roles: token.roles,
          scopes: [],
          tenantId: token.tenantId,
          sessionId: token.sessionId,
          plan: null,
          weight: 1,
          expiresAt: token.expiresAt,
          claims: token.claims,
        };
        return { verdict: "valid", principal };
      },
    });
    return config.cookie ? withCookies(identity) : identity;
  },
});

/** Credentials of a browser that keeps its token in a cookie. */
function withCookies(identity: Identity): Identity {
  return {
    ...identity,
    recall: (credentials) => identity.recall(credentials.withCookie(sessionCookies.access)),
    authenticate: (credentials) => identity.authenticate(credentials.withCookie(sessionCookies.access)),
  };
}

function revocableOf(principal: Principal) {
  const version = principal.claims["ver"];
  return {
    sessionId: principal.sessionId ?? "",
    userId: principal.subject,
    userVersion: typeof version === "number" ? version : 0,
  };
}
