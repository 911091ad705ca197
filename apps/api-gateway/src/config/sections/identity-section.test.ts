import { expect, test } from "bun:test";
import type { WrittenIdentity } from "../../../test/support/identity/identity-fixture.ts";
import { checkConfig } from "../check-config.ts";

const https = { type: "oidc", issuer: "https://id.example", audience: "shop" };
const secret = { env: "S" };
const introspect = {
  type: "introspection",
  url: "https://id/introspect",
  clientId: "g",
  clientSecret: secret,
};

const broken: readonly (readonly [string, WrittenIdentity, string])[] = [
  ["no audience", { type: "oidc", issuer: "https://id.example" }, "/identity/id/audience"],
  ["plain HTTP to another machine", { ...https, issuer: "http://id.example" }, "/identity/id/issuer"],
  ["no URL", { ...https, issuer: "id.example" }, "/identity/id/issuer"],
  ["credentials in a URL", { ...introspect, url: "https://u:p@id/" }, "/identity/id/url"],
  ["HMAC with published keys", { ...https, algorithms: ["HS256"] }, "/identity/id/algorithms"],
  [
    "two sources of keys",
    { type: "jwt", issuer: "i", anyAudience: true, jwksUrl: "https://a/", publicKey: secret },
    "/identity/id",
  ],
  ["no source of keys", { type: "jwt", issuer: "i", anyAudience: true }, "/identity/id"],
  [
    "two families of algorithms",
    { type: "jwt", issuer: "i", anyAudience: true, secret, algorithms: ["HS256", "RS256"] },
    "/identity/id/algorithms",
  ],
  [
    "algorithms that do not fit a secret",
    { type: "jwt", issuer: "i", anyAudience: true, secret },
    "/identity/id/algorithms",
  ],
  [
    "keys over plain HTTP",
    { type: "jwt", issuer: "i", anyAudience: true, jwksUrl: "http://a/" },
    "/identity/id/jwksUrl",
  ],
  ["a certificate identity that lets nobody in", { type: "mtls", authorities: secret }, "/identity/id"],
  [
    "a certificate identity without a proxy that could tell of one",
    { type: "mtls", authorities: secret, commonNames: ["a"] },
    "/identity/id",
  ],
];

function issuesOf(config: object): readonly (readonly [string, string])[] {
  const checked = checkConfig({ version: 1, ...config });
  return checked.ok ? [] : checked.issues.map((issue) => [issue.path, issue.message] as const);
}

test.each(broken.map(([name, config, path]) => ({ name, config, path })))(
  "$name is refused with its path",
  ({ config, path }) => {
    expect(issuesOf({ identity: { id: config } }).map(([at]) => at)).toContain(path);
  },
);

test("a valid section is accepted", () => {
  const identity = {
    https,
    introspect,
    local: { type: "local" },
    keys: { type: "api-key" },
    devices: { type: "device-session" },
  };
  const fleet = { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:3004" }] } };
  expect(issuesOf({ identity, services: { fleet } })).toEqual([]);
  expect(issuesOf({ identity: { devices: identity.devices } })).toEqual([
    ["/identity/devices/service", expect.stringContaining("fleet")],
  ]);
});

test("misspelt fields, types and names are reported with a suggestion", () => {
  const route = (policy: object) => [
    { id: "r", match: { path: "/" }, policies: [{ type: "respond" }, policy] },
  ];
  expect(issuesOf({ identity: { id: { type: "local", cachMax: 7 } } })).toEqual([
    ["/identity/id/cachMax", '"cachMax" is not known here'],
  ]);
  expect(issuesOf({ identity: { id: { type: "locl" } } })).toEqual([
    ["/identity/id/type", 'the identity type "locl" does not exist'],
  ]);
  expect(issuesOf({ identity: { id: { type: "constructor" } } })[0]?.[0]).toBe("/identity/id/type");
  const unknown = {
    identity: { platform: { type: "local" } },
    routes: route({ type: "authenticate", with: ["platfrom"] }),
  };
  expect(issuesOf(unknown)).toEqual([
    ["/routes/0/policies/1/with/0", 'the identity "platfrom" does not exist'],
  ]);
});

test("cyclic role inheritance is refused", () => {
  const roles = { a: { permissions: [], inherits: ["b"] }, b: { permissions: [], inherits: ["a"] } };
  expect(issuesOf({ roles })).toEqual([["/roles", "role a inherits from itself: a → b → a"]]);
});

test("a sign-in provider must refer to existing identities and defined roles, and have a trustworthy issuer", () => {
  const good = {
    issuer: "https://id.example",
    clientId: "g",
    clientSecret: secret,
    redirectUris: ["https://shop.example/in", "shop.app:/in"],
  };
  const signIn = (provider: object) => ({
    signIn: { publicUrl: "https://gateway.example", providers: { id: { ...good, ...provider } } },
  });
  expect(issuesOf(signIn({}))).toEqual([]);
  const paths = (provider: object) => issuesOf(signIn(provider)).map(([path]) => path);
  const base = "/signIn/providers/id";
  expect(paths({ issuer: "http://id.example" })).toEqual([`${base}/issuer`]);
  expect(
    paths({ redirectUris: ["/in", "https://shop.example/#in", "javascript:alert(1)", "data:text/html,x"] }),
  ).toEqual([0, 1, 2, 3].map((index) => `${base}/redirectUris/${index}`));
  expect(paths({ roles: ["wizard"] })).toEqual([`${base}/roles/0`]);
});

const policyIssues: readonly (readonly [string, object, string])[] = [
  ["a rule that does not parse", { type: "authorize", rules: ["claim.a =="] }, "/rules/0"],
  ["a rule of the wrong type", { type: "authorize", rules: ["1 + 1"] }, "/rules/0"],
  ["a rule over something unknown", { type: "authorize", rules: ["user.id == subject"] }, "/rules/0"],
  ["a rule that compares text with a number", { type: "authorize", rules: ["method == 1"] }, "/rules/0"],
  [
    "a rule with a regular expression",
    { type: "authorize", rules: ['subject.matches("(a+)+$")'] },
    "/rules/0",
  ],
  [
    "a rule with two loops",
    { type: "authorize", rules: ["roles.exists(r, scopes.exists(s, s == r))"] },
    "/rules/0",
  ],
  ["an authorize that asks for nothing", { type: "authorize" }, ""],
  ["a tenant that anybody may name", { type: "tenant", header: "x-tenant", anonymous: true }, "/anonymous"],
  [
    "roles over tenants that are not listed",
    { type: "tenant", crossTenantRoles: ["admin"] },
    "/crossTenantRoles",
  ],
  ["a network that is none", { type: "ip-rules", deny: ["10.0.0.1/8"] }, "/deny/0"],
  ["ip-rules without rules", { type: "ip-rules" }, ""],
  ["a limit without a limit", { type: "rate-limit", by: ["ip"] }, ""],
  [
    "a limit on Redis that does not say what happens without it",
    { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 1, store: "redis" },
    "/onStoreError",
  ],
  [
    "a shared limit without a name",
    { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 1, shared: true },
    "/name",
  ],
  [
    "a cost that no burst allows",
    { type: "rate-limit", by: ["ip"], limit: 5, windowMs: 1, cost: 6 },
    "/cost",
  ],
  [
    "two limits of one name",
    {
      type: "rate-limit",
      by: ["ip"],
      limits: [
        { name: "a", limit: 1, windowMs: 1 },
        { name: "a", limit: 2, windowMs: 2 },
      ],
    },
    "/limits",
  ],
];
test.each(policyIssues.map(([name, policy, path]) => ({ name, policy, path })))(
  "$name is refused with its path",
  ({ policy, path }) => {
    const routes = [{ id: "r", match: { path: "/" }, policies: [{ type: "respond" }, policy] }];
    expect(issuesOf({ routes }).map(([at]) => at)).toContain(`/routes/0/policies/1${path}`);
  },
);
