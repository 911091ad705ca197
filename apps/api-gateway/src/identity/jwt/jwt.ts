import {
  createFetchJson,
  importPublicPem,
  importSecret,
  isSymmetric,
  type KeySource,
  RemoteJwks,
  staticKeys,
} from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { defineIdentity, type IdentityDeps } from "../identity.ts";
import { checkServerUrl, keyServerFields } from "../key-server.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";
import { checkAudience, createJwtIdentity, isMixed, jwtFields } from "./jwt-fields.ts";

const schema = Type.Object(
  {
    issuer: Type.String({ description: "The exact `iss` of the tokens.", minLength: 1, maxLength: 1024 }),
    jwksUrl: Type.Optional(
      Type.String({ description: "Where the issuer publishes its keys (RFC 7517).", maxLength: 2048 }),
    ),
    secret: Type.Optional(
      secretSchema("The shared secret of HS256, HS384 or HS512, at least as long as the hash."),
    ),
    publicKey: Type.Optional(secretSchema("The issuer's public key as PEM.")),
    ...jwtFields,
    ...keyServerFields,
  },
  {
    additionalProperties: false,
    description: "JWTs of one issuer, by its keys, its public key, or a shared secret.",
  },
);

type JwtConfig = Static<typeof schema>;

const keyBytesMax = 262_144;

/** JWTs of one issuer: Supabase, Auth0, Keycloak, Cognito, Firebase, or one's own. */
export const jwt = defineIdentity({
  schema,
  check,
  create(name, config, deps) {
    const keys = createKeys(name, config, deps);
    return createJwtIdentity({ name, issuer: config.issuer, fields: config, keys, now: deps.now });
  },
});

function check(config: JwtConfig): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const sources = [config.jwksUrl, config.secret, config.publicKey].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    issues.push({
      path: "",
      message: "needs exactly one of jwksUrl, secret and publicKey",
      expected: "one source of keys",
    });
  }
  issues.push(...checkAudience(config));
  if (isMixed(config.algorithms)) {
    issues.push({
      path: "/algorithms",
      message: "HMAC and public-key algorithms together",
      expected: "one family",
    });
  } else if (config.algorithms.some(isSymmetric) !== (config.secret !== undefined)) {
    issues.push({
      path: "/algorithms",
      message: "do not fit the keys",
      expected: "HS256, HS384 or HS512 with a secret only",
    });
  }
  const urlIssue = config.jwksUrl === undefined ? null : checkServerUrl(config.jwksUrl, config.allowHttp);
  if (urlIssue !== null) issues.push({ path: "/jwksUrl", message: urlIssue });
  return issues;
}

function createKeys(name: string, config: JwtConfig, deps: IdentityDeps): KeySource {
  const { algorithms, jwksUrl, secret, publicKey } = config;
  if (secret !== undefined)
    return staticKeys([importSecret(Buffer.from(deps.readSecret(secret)), null, algorithms)]);
  if (publicKey !== undefined)
    return staticKeys([importPublicPem(deps.readSecret(publicKey), null, algorithms)]);
  if (jwksUrl === undefined) throw new TypeError("it has no source of keys");
  return new RemoteJwks({
    url: () => jwksUrl,
    algorithms,
    fetchJson: createFetchJson({ fetch: deps.fetch, timeoutMs: config.timeoutMs, bodyBytesMax: keyBytesMax }),
    now: deps.now,
    refreshMs: config.refreshMs,
    staleIfErrorMs: config.staleIfErrorMs,
    cooldownMs: config.cooldownMs,
    onFetch: (fetched) => fetched.outcome === "failed" && deps.onFailure(name, fetched.error),
  });
}
