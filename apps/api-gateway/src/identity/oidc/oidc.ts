import { createFetchJson, type FetchJson, isSymmetric, RemoteJwks } from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { defineIdentity } from "../identity.ts";
import { checkAudience, createJwtIdentity, jwtFields } from "../jwt/jwt-fields.ts";
import { checkServerUrl, keyServerFields } from "../key-server.ts";

const schema = Type.Object(
  {
    issuer: Type.String({
      description: "The issuer, exactly as in its tokens and its discovery document.",
      maxLength: 2048,
    }),
    ...jwtFields,
    ...keyServerFields,
  },
  { additionalProperties: false, description: "JWTs of an OpenID provider, found by discovery." },
);

type OidcConfig = Static<typeof schema>;

const documentBytesMax = 262_144;

/** JWTs of an OpenID provider: its keys are found by discovery (OpenID Connect Discovery 1.0), its issuer is checked. */
export const oidc = defineIdentity({
  schema,
  check,
  create(name, config, deps) {
    const { timeoutMs } = config;
    const fetchJson = createFetchJson({ fetch: deps.fetch, timeoutMs, bodyBytesMax: documentBytesMax });
    const keys = new RemoteJwks({
      url: () => discoverKeys(config, fetchJson),
      algorithms: config.algorithms,
      fetchJson,
      now: deps.now,
      refreshMs: config.refreshMs,
      staleIfErrorMs: config.staleIfErrorMs,
      cooldownMs: config.cooldownMs,
      onFetch: (fetched) => fetched.outcome === "failed" && deps.onFailure(name, fetched.error),
    });
    return createJwtIdentity({ name, issuer: config.issuer, fields: config, keys, now: deps.now });
  },
});

function check(config: OidcConfig): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const urlIssue = checkServerUrl(config.issuer, config.allowHttp);
  if (urlIssue !== null) issues.push({ path: "/issuer", message: urlIssue });
  issues.push(...checkAudience(config));
  if (config.algorithms.some(isSymmetric)) {
    issues.push({
      path: "/algorithms",
      message: "a provider's published keys are public",
      expected: "algorithms other than HS256, HS384 and HS512",
    });
  }
  return issues;
}

/** Section 4.3 of the discovery specification: the document's issuer MUST be the one that was asked. */
async function discoverKeys(config: OidcConfig, fetchJson: FetchJson): Promise<string> {
  const document = await fetchJson(`${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (document["issuer"] !== config.issuer) throw new Error("the discovery document names another issuer");
  const keys = document["jwks_uri"];
  if (typeof keys !== "string") throw new Error("the discovery document names no jwks_uri");
  const issue = checkServerUrl(keys, config.allowHttp);
  if (issue !== null) throw new Error(`the discovery document's jwks_uri: ${issue}`);
  return keys;
}
