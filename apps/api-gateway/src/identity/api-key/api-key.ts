import type { ApiKey, ApiKeyVerdict } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authentication } from "../../model/authentication.ts";
import type { Principal } from "../../model/principal.ts";
import { defineIdentity } from "../identity.ts";
import type { PresentedCredentials } from "../presented-credentials.ts";

/** API keys of partners and machines, created through the admin API. */
export const apiKey = defineIdentity({
  schema: Type.Object(
    {
      header: Type.String({
        description: "The header that carries the key, in lower case.",
        default: "x-api-key",
        pattern: "^[a-z0-9-]+$",
        maxLength: 64,
      }),
      parameter: Type.Optional(
        Type.String({
          description:
            "A query parameter that may carry it instead. Query strings end up in logs: prefer the header.",
          minLength: 1,
          maxLength: 64,
        }),
      ),
    },
    { additionalProperties: false, description: "API keys, in a header." },
  ),
  create(name, config, { auth }) {
    if (auth === null) throw new TypeError("it needs the platform's database: set DATABASE_URL");
    const { apiKeys } = auth;
    const absent: Authentication = { outcome: "absent" };

    function authenticate(credentials: PresentedCredentials): Authentication | Promise<Authentication> {
      const keys = readKeys(credentials, config.header, config.parameter);
      const [key] = keys;
      if (key === undefined) return absent;
      if (key === null || keys.length > 1) {
        return { outcome: "rejected", identity: name, reason: "malformed_credentials" };
      }
      const verdict = apiKeys.verify(key);
      return verdict instanceof Promise
        ? verdict.then((late) => toAuthentication(name, late))
        : toAuthentication(name, verdict);
    }

    // the verifier has its own cache; `recall` gives only what needs no query
    const places = {
      headers: [config.header],
      parameters: config.parameter === undefined ? [] : [config.parameter],
    };
    return { recall: () => null, authenticate, places };
  },
});

function readKeys(
  credentials: PresentedCredentials,
  header: string,
  parameter: string | undefined,
): readonly (string | null)[] {
  const inHeader = credentials.header(header);
  const inQuery = parameter === undefined ? [] : credentials.parameter(parameter);
  return inHeader === null ? inQuery : [inHeader, ...inQuery];
}

function toAuthentication(name: string, verdict: ApiKeyVerdict): Authentication {
  switch (verdict.verdict) {
    case "valid":
      return { outcome: "authenticated", principal: toPrincipal(name, verdict.apiKey) };
    case "invalid":
      return { outcome: "rejected", identity: name, reason: verdict.fault };
    case "unavailable":
      return { outcome: "unavailable", identity: name };
  }
}

function toPrincipal(name: string, key: ApiKey): Principal {
  return {
    identity: name,
    method: "api-key",
    subject: key.owner,
    roles: key.roles,
    scopes: key.scopes,
    tenantId: key.tenantId,
    sessionId: key.id,
    plan: key.plan,
    weight: key.weight,
    expiresAt: key.expiresAt ?? Number.POSITIVE_INFINITY,
    claims: { key: key.id, name: key.name, owner: key.owner, plan: key.plan },
  };
}
