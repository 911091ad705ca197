import { type ApiKey, type ApiKeyVerdict, digestOf } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authentication } from "../../model/identity/authentication.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";
import { defineIdentity } from "../identity.ts";
import type { PresentedCredentials } from "../presented-credentials.ts";
import { MissingStore } from "../missing-store.ts";
import { readConfiguredKeys } from "./configured-keys.ts";

const granted = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { description, default: [], maxItems: 32 });

const text = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 128 }));

const configuredKey = Type.Object(
  {
    key: secretSchema("The key itself: 16 to 512 visible characters without spaces."),
    owner: text(
      "Whom it identifies, sent as `x-user-id`; the entry's name where absent. Two keys of one owner let it be replaced.",
    ),
    roles: granted("What it grants."),
    scopes: granted("What it grants."),
    tenant: text("The owner's tenant."),
    plan: text("The plan, for the weights of limits."),
  },
  { additionalProperties: false },
);

/** API keys of partners and machines: of the config, and those created through the admin API. */
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
      keys: Type.Record(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" }), configuredKey, {
        additionalProperties: false,
        default: {},
        description:
          "Keys by name, for a gateway without a database. Where it has one, those made on the admin port are accepted too.",
      }),
    },
    { additionalProperties: false, description: "API keys, in a header." },
  ),
  create(name, config, { auth, readSecret }) {
    const apiKeys = auth?.apiKeys ?? null;
    const configured = readConfiguredKeys(name, config.keys, readSecret);
    if (apiKeys === null && configured.size === 0)
      throw new MissingStore(
        "it has no `keys`, and those of the admin port need a database: set DATABASE_URL",
      );
    const absent: Authentication = { outcome: "absent" };
    const inHeader = `API key in the header ${config.header}`;
    const inQuery = `API key in the query parameter ${config.parameter}`;

    function reject(credentials: PresentedCredentials, reason: string): Authentication {
      const credential = credentials.header(config.header) === null ? inQuery : inHeader;
      return { outcome: "rejected", identity: name, reason, credential };
    }

    function toAuthentication(credentials: PresentedCredentials, verdict: ApiKeyVerdict): Authentication {
      switch (verdict.verdict) {
        case "valid":
          return { outcome: "authenticated", principal: toPrincipal(name, verdict.apiKey) };
        case "invalid":
          return reject(credentials, verdict.fault);
        case "unavailable":
          return { outcome: "unavailable", identity: name };
      }
    }

    function authenticate(credentials: PresentedCredentials): Authentication | Promise<Authentication> {
      const keys = readKeys(credentials, config.header, config.parameter);
      const [key] = keys;
      if (key === undefined) return absent;
      if (key === null || keys.length > 1) return reject(credentials, "malformed_credentials");
      const principal = configured.size === 0 ? undefined : configured.get(digestOf(key));
      if (principal !== undefined) return { outcome: "authenticated", principal };
      if (apiKeys === null) return reject(credentials, "unknown");
      const verdict = apiKeys.verify(key);
      return verdict instanceof Promise
        ? verdict.then((late) => toAuthentication(credentials, late))
        : toAuthentication(credentials, verdict);
    }

    // the verifier has its own cache; `recall` gives only what needs no query
    const places = {
      headers: [config.header],
      parameters: config.parameter === undefined ? [] : [config.parameter],
    };
    return { scheme: "key", asksFor: `an ${inHeader}`, recall: () => null, authenticate, places };
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
