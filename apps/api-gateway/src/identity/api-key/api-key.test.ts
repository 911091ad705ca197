import { afterAll, expect, test } from "bun:test";
import { addKey, revokeKey } from "@libs/auth/platform";
import { newApiKey } from "@libs/auth/testing";
import { createIdentityFixture, present } from "../../../test/support/identity/identity-fixture.ts";

const fixture = await createIdentityFixture();
const { auth, clock, sql } = fixture;
const context = { sql, auth, now: clock.now, actor: "test" };
afterAll(() => fixture.close());

const partner = newApiKey({ roles: ["customer"], scopes: ["s"], tenantId: "t", plan: "gold", weight: 3 });

test("a key authenticates by its header, and is refused from its revocation on", async () => {
  const authenticate = fixture.create({ partners: { type: "api-key" } }).select(["partners"]);
  const { key: text, apiKey } = await addKey(context, partner);
  const presented = () => authenticate(present({ headers: { "x-api-key": text } }));
  expect(await presented()).toMatchObject({
    principal: {
      method: "api-key",
      subject: "acme",
      scopes: ["s"],
      tenantId: "t",
      plan: "gold",
      weight: 3,
      sessionId: apiKey.id,
    },
  });
  await revokeKey(context, apiKey.id);
  expect(await presented()).toEqual({
    outcome: "rejected",
    identity: "partners",
    reason: "revoked",
    credential: "API key in the header x-api-key",
  });
  expect(await authenticate(present({ headers: { "x-api-key": "wrong" } }))).toMatchObject({
    reason: "malformed",
  });
  expect(await authenticate(present({}))).toEqual({ outcome: "absent" });
});

test("a key in the query is accepted only in the configured parameter, and never beside another", async () => {
  const identities = fixture.create({
    strict: { type: "api-key" },
    loose: { type: "api-key", header: "x-key", parameter: "key" },
  });
  const { key: text } = await addKey(context, partner);
  const query = `a=1&key=${text}`;
  expect(await identities.select(["strict"])(present({ query }))).toEqual({ outcome: "absent" });
  expect((await identities.select(["loose"])(present({ query }))).outcome).toBe("authenticated");
  expect(await identities.select(["loose"])(present({ query: "key=wrong" }))).toMatchObject({
    reason: "malformed",
    credential: "API key in the query parameter key",
  });
  expect(await identities.select(["loose"])(present({ query, headers: { "x-key": text } }))).toMatchObject({
    reason: "malformed_credentials",
  });
  expect(await identities.select(["loose"])(present({ query: "key=%" }))).toMatchObject({
    reason: "malformed_credentials",
  });
});
