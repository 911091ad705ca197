import { type Static, Type } from "@sinclair/typebox";
import { secretSchema } from "../../model/secret-schema.ts";

/** One provider under `signIn.providers`. */
const signInProviderSchema = Type.Object(
  {
    issuer: Type.String({
      description: "The OpenID provider, found by discovery.",
      minLength: 1,
      maxLength: 2048,
    }),
    clientId: Type.String({ description: "Who the gateway is there.", minLength: 1, maxLength: 256 }),
    clientSecret: secretSchema("Its secret there."),
    scopes: Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$", maxLength: 128 }), {
      description: "What is asked for.",
      default: ["openid", "email"],
      maxItems: 32,
    }),
    redirectUris: Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
      description: "Where callers may be sent back to, each exactly as it is: pages, or schemes of apps.",
      minItems: 1,
      maxItems: 64,
    }),
    createUsers: Type.Boolean({ description: "Makes a user for somebody new.", default: true }),
    linkByEmail: Type.Boolean({
      description:
        "Takes a verified address as proof of being the user who has it. Trust only providers that own their addresses.",
      default: false,
    }),
    roles: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      description: "Roles of users made so.",
      default: ["customer"],
      maxItems: 32,
    }),
    allowHttp: Type.Boolean({
      description: "For a provider that speaks plain HTTP, on another machine.",
      default: false,
    }),
  },
  {
    additionalProperties: false,
    description: "Signing in with another provider (authorization code with PKCE).",
  },
);

export const signInSchema = Type.Object(
  {
    publicUrl: Type.String({
      description:
        "How the gateway is reached from outside: callbacks go to <publicUrl>/auth/oauth/<provider>/callback.",
      pattern: "^https?://[^/?#@\\s]+$",
      maxLength: 512,
    }),
    origins: Type.Array(Type.String({ pattern: "^https?://[^/?#@*\\s]+$", maxLength: 512 }), {
      description:
        "Pages of other origins that may ask /auth by script, beside those of redirectUris. Never with cookies: they get tokens in bodies.",
      default: [],
      maxItems: 64,
    }),
    providers: Type.Record(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,31}$" }), signInProviderSchema, {
      additionalProperties: false,
      default: {},
      description: "Providers by the name that stands in their URLs: /auth/oauth/NAME/start.",
    }),
  },
  { additionalProperties: false, description: "Signing in with other providers." },
);

export type SignInProvider = Static<typeof signInProviderSchema>;
export type SignInConfig = Static<typeof signInSchema>;
