import { Type } from "@sinclair/typebox";
import { defaultRealm } from "./challenge.ts";

export const authenticateSchema = Type.Object(
  {
    with: Type.Array(Type.String({ minLength: 1 }), {
      description: "Names under `identity`. The first that knows the caller decides.",
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
    }),
    anonymous: Type.Boolean({
      description: "Also admits callers without credentials. Invalid credentials are still refused.",
      default: false,
    }),
    tokenParameter: Type.Optional(
      Type.String({
        description:
          "A query parameter that may carry the token. Query strings end up in logs and histories: for sockets and media only.",
        pattern: "^[A-Za-z0-9_.-]+$",
        maxLength: 64,
      }),
    ),
    forwardCredentials: Type.Boolean({
      description:
        "Forwards the caller's Authorization header or API key to the service. Off by default: services learn the caller from headers and need no token that they could leak.",
      default: false,
    }),
    realm: Type.String({
      description: "The realm in WWW-Authenticate.",
      default: defaultRealm,
      pattern: "^[A-Za-z0-9 ._-]+$",
      maxLength: 64,
    }),
  },
  { additionalProperties: false, description: "Authenticates the caller." },
);
