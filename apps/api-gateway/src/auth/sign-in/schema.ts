import { type Static, Type } from "@sinclair/typebox";
import { secretSchema } from "../../model/config/secret-schema.ts";

/** An entry of `signIn.providers`. */
const signInProviderSchema = Type.Object(
  {
    issuer: Type.String({
      description: "The OpenID provider, found by discovery.",
      minLength: 1,
      maxLength: 2048,
    }),
    clientId: Type.String({ description: "The gateway's client id there.", minLength: 1, maxLength: 256 }),
    clientSecret: secretSchema("Its client secret."),
    scopes: Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$", maxLength: 128 }), {
      description: "What is asked for.",
      default: ["openid", "email"],
      maxItems: 32,
    }),
    redirectUris: Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
      description: "Allowed return addresses, compared exactly: URLs of pages, or URI schemes of apps.",
      minItems: 1,
      maxItems: 64,
    }),
    createUsers: Type.Boolean({ description: "Creates a user at the first sign-in.", default: true }),
    linkByEmail: Type.Boolean({
      description:
        "Links a verified e-mail address to the existing user who has it. Only for providers that own their addresses.",
      default: false,
    }),
    roles: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      description: "Roles of users created this way.",
      default: ["customer"],
      maxItems: 32,
    }),
    allowHttp: Type.Boolean({
      description: "Allows a provider on another machine to use plain HTTP.",
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
      description: "The gateway's public URL: callbacks go to <publicUrl>/auth/oauth/<provider>/callback.",
      pattern: "^https?://[^/?#@\\s]+$",
      maxLength: 512,
    }),
    origins: Type.Array(Type.String({ pattern: "^https?://[^/?#@*\\s]+$", maxLength: 512 }), {
      description:
        "Other origins whose scripts may call /auth, besides those of redirectUris. They get tokens in bodies, never cookies.",
      default: [],
      maxItems: 64,
    }),
    providers: Type.Record(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,31}$" }), signInProviderSchema, {
      additionalProperties: false,
      default: {},
      description: "Providers by the name in their URLs: /auth/oauth/NAME/start.",
    }),
  },
  { additionalProperties: false, description: "Signing in with other providers." },
);

export type SignInProvider = Static<typeof signInProviderSchema>;
export type SignInConfig = Static<typeof signInSchema>;
