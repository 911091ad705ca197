import { createFetchJson } from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Principal } from "../../model/principal.ts";
import { createAskedIdentity } from "../asked-identity.ts";
import { claimMappingSchema, compileClaimMapping } from "../claim-mapping.ts";
import { defineIdentity } from "../identity.ts";
import { checkServerUrl } from "../key-server.ts";
import { secretSchema } from "../../model/secret-schema.ts";

const schema = Type.Object(
  {
    url: Type.String({ description: "The introspection endpoint (RFC 7662).", maxLength: 2048 }),
    clientId: Type.String({
      description: "Who the gateway is to that server.",
      minLength: 1,
      maxLength: 256,
    }),
    clientSecret: secretSchema("Its secret there."),
    issuer: Type.Optional(
      Type.String({ description: "Refuses answers of another issuer.", maxLength: 1024 }),
    ),
    audience: Type.Optional(
      Type.String({ description: "Refuses tokens that are not meant for it.", maxLength: 1024 }),
    ),
    cacheMs: Type.Integer({
      description: "Longest time for which an answer holds: how late a revocation may be noticed.",
      default: 30_000,
      minimum: 0,
      maximum: 3_600_000,
    }),
    staleIfErrorMs: Type.Integer({
      description:
        "While the server is away, callers known before stay known for this time; new ones get 503.",
      default: 300_000,
      minimum: 0,
      maximum: 86_400_000,
    }),
    timeoutMs: Type.Integer({
      description: "Longest wait for an answer.",
      default: 3000,
      minimum: 50,
      maximum: 60_000,
    }),
    cacheMax: Type.Integer({
      description: "Answers remembered at most.",
      default: 50_000,
      minimum: 2,
      maximum: 5_000_000,
    }),
    questionsMax: Type.Integer({
      description: "Questions at once; beyond it callers get 503.",
      default: 128,
      minimum: 1,
      maximum: 10_000,
    }),
    allowHttp: Type.Boolean({
      description: "Lets questions go over plain HTTP to other machines: tokens can be read on the way.",
      default: false,
    }),
    claims: claimMappingSchema,
  },
  {
    additionalProperties: false,
    description: "Opaque tokens that an identity server is asked about (RFC 7662).",
  },
);

type IntrospectionConfig = Static<typeof schema>;

const answerBytesMax = 65_536;

/** Tokens that only their issuer can read, asked about and remembered for a bounded time. */
export const introspection = defineIdentity({
  schema,
  check(config): readonly ConfigIssue[] {
    const issue = checkServerUrl(config.url, config.allowHttp);
    return issue === null ? [] : [{ path: "/url", message: issue }];
  },
  create(name, config, deps) {
    const fetchJson = createFetchJson({
      fetch: deps.fetch,
      timeoutMs: config.timeoutMs,
      bodyBytesMax: answerBytesMax,
    });
    const headers = {
      authorization: basic(config.clientId, deps.readSecret(config.clientSecret)),
      "content-type": "application/x-www-form-urlencoded",
    };
    const toPrincipal = compilePrincipal(name, config);
    return createAskedIdentity({
      name,
      now: deps.now,
      cacheMs: config.cacheMs,
      refusedMs: 2000,
      staleIfErrorMs: config.staleIfErrorMs,
      cacheMax: config.cacheMax,
      questionsMax: config.questionsMax,
      onFailure: (error) => deps.onFailure(name, error),
      async ask(token) {
        const body = new URLSearchParams({ token, token_type_hint: "access_token" }).toString();
        return toPrincipal(await fetchJson(config.url, { method: "POST", headers, body }));
      },
    });
  },
});

/** RFC 6749, section 2.3.1: both parts are form-encoded before they are joined. */
function basic(clientId: string, secret: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString("base64")}`;
}

function compilePrincipal(
  name: string,
  config: IntrospectionConfig,
): (answer: Readonly<Record<string, unknown>>) => Principal | null {
  const map = compileClaimMapping(config.claims);
  return (answer) => {
    if (answer["active"] !== true) return null;
    if (config.issuer !== undefined && answer["iss"] !== config.issuer) return null;
    if (config.audience !== undefined && ![answer["aud"]].flat().includes(config.audience)) return null;
    const mapped = map(answer);
    if (mapped === null) return null;
    const { exp } = answer;
    const expiresAt = typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY;
    return {
      identity: name,
      method: "introspection",
      ...mapped,
      plan: null,
      weight: 1,
      expiresAt,
      claims: answer,
    };
  };
}
