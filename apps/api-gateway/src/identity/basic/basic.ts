import { digestOf, LoginThrottle, type LoginThrottleRates, RecentMap } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../../model/identity/authentication.ts";
import { encodePointerKey } from "../../model/config/json-pointer.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";
import { defineIdentity } from "../identity.ts";
import { subjectPrefixField } from "../subject-prefix.ts";
import { onceFor } from "../once-for.ts";
import type { PresentedCredentials } from "../presented-credentials.ts";
import { createVerifyCredential } from "./verify-credential.ts";
import { readBasic } from "./read-basic.ts";
import { readUsers } from "./read-users.ts";

const granted = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { description, default: [], maxItems: 32 });

const user = Type.Object(
  {
    hash: Type.Optional(
      secretSchema("The password's hash (bun run hash-password), where the user is not in `htpasswd`."),
    ),
    roles: granted("Roles in addition to those of all users."),
    scopes: granted("Scopes in addition to those of all users."),
    tenant: Type.Optional(Type.String({ description: "The user's tenant.", minLength: 1, maxLength: 128 })),
  },
  { additionalProperties: false },
);

const schema = Type.Object(
  {
    htpasswd: Type.Optional(
      secretSchema("Lines NAME:HASH, as `htpasswd -B` and `bun run hash-password --user NAME` write them."),
    ),
    users: Type.Record(Type.String({ pattern: "^[^:\\x00-\\x1f\\x7f]{1,128}$" }), user, {
      additionalProperties: false,
      default: {},
      description: "Users by name: what they are granted, and hashes that are not in `htpasswd`.",
    }),
    roles: granted("Roles of all users."),
    scopes: granted("Scopes of all users."),
    ...subjectPrefixField,
    anyPage: Type.Boolean({
      description:
        "Also accepts credentials that a browser sends for a page of another origin. Browsers attach them by themselves: by default such requests may only read.",
      default: false,
    }),
    cacheMax: Type.Integer({
      description: "Verified credentials cached at most, by digest; a cached one costs no password hash.",
      default: 10_000,
      minimum: 2,
      maximum: 1_000_000,
    }),
  },
  {
    additionalProperties: false,
    description: "Users and passwords of the config, over HTTP Basic (RFC 7617).",
  },
);

/** The rates of logins, higher per address: after a restart every user behind one address counts as an attempt. */
const rates: LoginThrottleRates = {
  pair: { name: "pair", limit: 10, windowMs: 600_000, burst: 5 },
  account: { name: "account", limit: 100, windowMs: 3_600_000, burst: 50 },
  address: { name: "address", limit: 600, windowMs: 600_000, burst: 200 },
};

/** HTTP Basic with users from the config, for clients that cannot do better. */
export const basic = defineIdentity({
  schema,
  check({ htpasswd, users }) {
    const names = Object.entries(users);
    if (htpasswd !== undefined) return [];
    if (names.length === 0) return [{ path: "", message: "admits nobody", expected: "htpasswd or users" }];
    return names.flatMap(([name, { hash }]) => {
      const path = `/users/${encodePointerKey(name)}`;
      return hash === undefined
        ? [{ path, message: "has no password", expected: "hash, or htpasswd beside users" }]
        : [];
    });
  },
  create(name, config, deps) {
    const { htpasswd } = config;
    const users = readUsers({
      htpasswd: htpasswd === undefined ? null : deps.readSecret(htpasswd),
      users: Object.fromEntries(
        Object.entries(config.users).map(([each, { hash, tenant = null, ...grants }]) => [
          each,
          { ...grants, tenant, hash: hash === undefined ? null : deps.readSecret(hash) },
        ]),
      ),
      common: { roles: config.roles, scopes: config.scopes },
    });
    const known = new RecentMap<Authenticated>(config.cacheMax);
    const onFailure = (error: unknown) => deps.onFailure(name, error);
    const createLimiter: typeof deps.createLimiter = (each, all) =>
      deps.createLimiter(`identity-${name}-${each}`, all);
    const throttle = new LoginThrottle(createLimiter, onFailure, rates);
    const check = createVerifyCredential({ name, users, throttle, known, onFailure });

    // computed once for `recall` and `authenticate`
    const digestFor = onceFor((credentials) => digestOf(credentials.header("authorization") ?? ""));

    function authenticate(credentials: PresentedCredentials): Authentication | Promise<Authentication> {
      const given = readBasic(credentials.header("authorization"));
      if (given.kind === "absent") return { outcome: "absent" };
      if (given.kind === "malformed")
        return { outcome: "rejected", identity: name, reason: "malformed_credentials" };
      if (!config.anyPage && credentials.actsForForeignPage)
        return { outcome: "rejected", identity: name, reason: "foreign_page" };
      return check({
        ...given,
        digest: digestFor(credentials),
        address: credentials.original?.clientIp ?? "",
      });
    }

    return {
      scheme: "basic",
      asksFor: "a user name and password",
      recall(credentials) {
        const header = credentials.header("authorization");
        if (header === null || header.slice(0, 6).toLowerCase() !== "basic ") return null;
        if (!config.anyPage && credentials.actsForForeignPage) return null;
        return known.get(digestFor(credentials)) ?? null;
      },
      authenticate,
      dispose() {
        known.clear();
        throttle.close().catch(onFailure);
      },
    };
  },
});
