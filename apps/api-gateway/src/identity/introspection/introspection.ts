import { createFetchJson } from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { answersMax, createRemoteIdentity, type Refused } from "../remote-identity.ts";
import { claimMappingSchema, compileClaimMapping } from "../claim-mapping.ts";
import { defineIdentity } from "../identity.ts";
import { anyHolder } from "../jwt/jwt-fields.ts";
import { checkServerUrl } from "../key-server.ts";
import { subjectPrefixField } from "../subject-prefix.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";

const schema = Type.Object(
  {
    url: Type.String({ description: "The introspection endpoint (RFC 7662).", maxLength: 2048 }),
    clientId: Type.String({
      description: "The gateway's client id at that server.",
      minLength: 1,
      maxLength: 256,
    }),
    clientSecret: secretSchema("Its client secret."),
    issuer: Type.Optional(
      Type.String({ description: "Refuses tokens of any other issuer.", maxLength: 1024 }),
    ),
    audience: Type.Optional(
      Type.String({ description: "Refuses tokens without this audience.", maxLength: 1024 }),
    ),
    anyTokenType: Type.Boolean({
      description:
        "Accepts every token that the server calls active. By default the answer must also call it a Bearer token, since some servers report refresh tokens as active too.",
      default: false,
    }),
    anyHolder,
    cacheMs: Type.Integer({
      description: "How long an answer is cached, and so how late a revocation may be noticed.",
      default: 30_000,
      minimum: 0,
      maximum: 3_600_000,
    }),
    staleIfErrorMs: Type.Integer({
      description:
        "While the server is unavailable, cached callers are still accepted for this time; others get 503.",
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
    cacheMax: answersMax,
    questionsMax: Type.Integer({
      description: "Concurrent requests to it; callers beyond it get 503.",
      default: 128,
      minimum: 1,
      maximum: 10_000,
    }),
    allowHttp: Type.Boolean({
      description: "Allows plain HTTP to other machines: tokens can be read on the network path.",
      default: false,
    }),
    claims: claimMappingSchema,
    ...subjectPrefixField,
  },
  {
    additionalProperties: false,
    description: "Opaque tokens, verified by introspection at an identity server (RFC 7662).",
  },
);

type IntrospectionConfig = Static<typeof schema>;

const answerBytesMax = 65_536;

/** Opaque tokens, verified by introspection (RFC 7662) and cached for a bounded time. */
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
    return createRemoteIdentity({
      name,
      now: deps.now,
      cacheMs: config.cacheMs,
      refusedMs: 2000,
      staleIfErrorMs: config.staleIfErrorMs,
      cacheMax: config.cacheMax,
      questionsMax: config.questionsMax,
      onAnswer: (from) => deps.onAnswer(name, from),
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
): (answer: Readonly<Record<string, unknown>>) => Principal | Refused {
  const map = compileClaimMapping(config.claims);
  return (answer) => {
    const refused = findFault(config, answer);
    if (refused !== null) return { refused };
    const mapped = map(answer);
    if (mapped === null) return { refused: "missing_claim" };
    return {
      identity: name,
      method: "introspection",
      ...mapped,
      plan: null,
      weight: 1,
      expiresAt: readExpiry(answer["exp"]),
      claims: answer,
    };
  };
}

function findFault(config: IntrospectionConfig, answer: Readonly<Record<string, unknown>>): string | null {
  const { issuer, audience, anyTokenType, anyHolder: isForAnyHolder } = config;
  if (answer["active"] !== true) return "inactive";
  if (!anyTokenType && !isBearer(answer["token_type"])) return "wrong_type";
  if (!isForAnyHolder && answer["cnf"] !== undefined) return "bound_to_key";
  if (issuer !== undefined && answer["iss"] !== issuer) return "wrong_issuer";
  if (audience !== undefined && ![answer["aud"]].flat().includes(audience)) return "wrong_audience";
  return null;
}

function isBearer(type: unknown): boolean {
  return typeof type === "string" && type.toLowerCase() === "bearer";
}

/** @throws Error for an invalid time: treating it as absent would make the token valid for ever */
function readExpiry(exp: unknown): number {
  if (exp === undefined) return Number.POSITIVE_INFINITY;
  if (typeof exp === "number" && Number.isFinite(exp)) return exp * 1000;
  throw new Error("returned an exp that is not a time");
}
