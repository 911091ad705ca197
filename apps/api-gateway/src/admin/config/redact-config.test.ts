import { expect, test } from "bun:test";
import { redactConfig } from "./redact-config.ts";

test("references to secrets are shown, literal secrets are not", () => {
  const shown = redactConfig({
    secret: { env: "JWT_SECRET" },
    clientSecret: { file: "/run/secrets/id" },
    set: { authorization: "Basic cGxhaW4=", "x-api-key": "k-1", "x-shop": "1" },
    urls: ["https://user:hunter2@id.test/keys?a=b", "postgres://root@db/x", "https://id.test/a@b"],
    list: [{ password: "hunter2" }, 7, null, true],
    jwksUrl: "https://id.test/keys?apikey=hunter2&kid=1",
    match: {
      headers: { "x-api-key": { prefix: "k-" }, cookie: { glob: "*k*" }, "x-token": { present: true } },
    },
    token: { cookie: { env: "NAME" }, header: "x-csrf-token" },
  });
  expect(shown).toEqual({
    secret: { env: "JWT_SECRET" },
    clientSecret: { file: "/run/secrets/id" },
    set: { authorization: "[withheld]", "x-api-key": "[withheld]", "x-shop": "1" },
    urls: ["https://[withheld]@id.test/keys?a=b", "postgres://[withheld]@db/x", "https://id.test/a@b"],
    list: [{ password: "[withheld]" }, 7, null, true],
    jwksUrl: "https://id.test/keys?apikey=[withheld]&kid=1",
    match: {
      headers: {
        "x-api-key": { prefix: "[withheld]" },
        cookie: { glob: "[withheld]" },
        "x-token": { present: true },
      },
    },
    token: { cookie: { env: "NAME" }, header: "x-csrf-token" },
  });
});
