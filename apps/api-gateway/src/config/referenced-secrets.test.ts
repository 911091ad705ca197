import { expect, test } from "bun:test";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { referencedSecrets } from "./referenced-secrets.ts";

const common = { type: "jwt", issuer: "https://id.example.com", audience: "shop", algorithms: ["HS256"] };

test("every variable and file that a config refers to is listed with its place, and nothing that only looks like a reference", () => {
  const config = checkedConfig({
    identity: {
      ours: { ...common, secret: { env: "OUR_SECRET" } },
      theirs: { ...common, secret: { env: "THEIR_SECRET" } },
      also: { ...common, secret: { env: "OUR_SECRET" } },
      keys: { ...common, algorithms: ["RS256"], publicKey: { file: "key.pem" } },
    },
    services: { shop: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } },
    routes: [
      {
        id: "env",
        match: { path: "/env", headers: { env: "prod" }, query: { file: "a" } },
        service: "shop",
      },
    ],
  });
  expect(referencedSecrets(config)).toEqual([
    { path: "/identity/ours/secret", reference: { env: "OUR_SECRET" } },
    { path: "/identity/theirs/secret", reference: { env: "THEIR_SECRET" } },
    { path: "/identity/also/secret", reference: { env: "OUR_SECRET" } },
    { path: "/identity/keys/publicKey", reference: { file: "key.pem" } },
  ]);
});
