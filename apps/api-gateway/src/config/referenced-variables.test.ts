import { expect, test } from "bun:test";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { referencedVariables } from "./referenced-variables.ts";

const common = { type: "jwt", issuer: "https://id.example.com", audience: "shop", algorithms: ["HS256"] };

test("every variable that a config's secrets refer to is named once, and nothing else that is spelled env", () => {
  const config = checkedConfig({
    identity: {
      ours: { ...common, secret: { env: "OUR_SECRET" } },
      theirs: { ...common, secret: { env: "THEIR_SECRET" } },
      also: { ...common, secret: { env: "OUR_SECRET" } },
    },
    services: { shop: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } },
    routes: [
      {
        id: "env",
        match: { path: "/env", headers: { env: "prod" } },
        service: "shop",
      },
    ],
  });
  expect(referencedVariables(config)).toEqual(["OUR_SECRET", "THEIR_SECRET"]);
});
