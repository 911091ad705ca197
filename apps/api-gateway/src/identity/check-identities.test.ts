import { expect, test } from "bun:test";
import { type WrittenIdentity, withDefaults } from "../../test/identity-fixture.ts";
import { checkIdentities } from "./create-identities.ts";

const https = { type: "oidc", issuer: "https://id.example", audience: "shop" };
const secret = { env: "S" };
const introspect = {
  type: "introspection",
  url: "https://id/introspect",
  clientId: "g",
  clientSecret: secret,
};

const broken: readonly (readonly [string, WrittenIdentity, string])[] = [
  ["no audience", { type: "oidc", issuer: "https://id.example" }, "/id/audience"],
  ["plain HTTP to another machine", { ...https, issuer: "http://id.example" }, "/id/issuer"],
  ["no URL", { ...https, issuer: "id.example" }, "/id/issuer"],
  ["credentials in a URL", { ...introspect, url: "https://u:p@id/" }, "/id/url"],
  ["HMAC with published keys", { ...https, algorithms: ["HS256"] }, "/id/algorithms"],
  [
    "two sources of keys",
    { type: "jwt", issuer: "i", anyAudience: true, jwksUrl: "https://a/", publicKey: secret },
    "/id",
  ],
  ["no source of keys", { type: "jwt", issuer: "i", anyAudience: true }, "/id"],
  [
    "two families of algorithms",
    { type: "jwt", issuer: "i", anyAudience: true, secret, algorithms: ["HS256", "RS256"] },
    "/id/algorithms",
  ],
  [
    "algorithms that do not fit a secret",
    { type: "jwt", issuer: "i", anyAudience: true, secret },
    "/id/algorithms",
  ],
  [
    "keys over plain HTTP",
    { type: "jwt", issuer: "i", anyAudience: true, jwksUrl: "http://a/" },
    "/id/jwksUrl",
  ],
  ["a certificate identity that lets nobody in", { type: "mtls" }, "/id"],
];

test.each(broken.map(([name, config, path]) => ({ name, config, path })))(
  "$name is refused with its path",
  ({ config, path }) => {
    expect(checkIdentities({ id: withDefaults(config) }).map((issue) => issue.path)).toContain(path);
  },
);

test("what is right passes, and unknown fields do not", () => {
  for (const config of [
    https,
    introspect,
    { type: "local" },
    { type: "api-key" },
    { type: "device-session" },
  ]) {
    expect(checkIdentities({ id: withDefaults(config) })).toEqual([]);
  }
  const misspelt = { type: "local", cachMax: 7 };
  expect(() => withDefaults(misspelt)).toThrow();
});
