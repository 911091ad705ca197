import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "bun:test";
import { createTestKey, signToken, signWithSecret, type TestKey } from "@libs/auth/testing";
import { bearer, startAttackedGateway } from "./attacked-gateway.ts";

/** Key sets that an issuer may publish by mistake or after a break-in, which must not be used. */
const gateway = await startAttackedGateway();
beforeEach(async () => {
  gateway.id.answer = null;
  // long enough that an unknown key is requested at once
  await gateway.running.clock.advance(120_000);
});

/** A key as the issuer publishes it, in whatever shape. */
function published(keyId: string, change: (key: TestKey) => object, key = createTestKey(keyId, "RS256")) {
  return { ...key, jwk: { ...change(key) } };
}

const symmetric = Buffer.alloc(48, 7);
const shortKey = (keyId: string): TestKey => ({
  ...createTestKey(keyId, "RS256"),
  ...generateKeyPairSync("rsa", { modulusLength: 1024 }),
});

/** Each published beside the issuer's good key, and the token that it would have to open. */
const keys: readonly {
  readonly name: string;
  readonly make: () => { readonly key: TestKey; readonly header?: Readonly<Record<string, unknown>> };
}[] = [
  {
    name: "that is private: everybody can sign with it",
    make: () => ({
      key: published("private", ({ jwk, privateKey }) => ({
        ...jwk,
        ...privateKey.export({ format: "jwk" }),
      })),
    }),
  },
  { name: "for encryption", make: () => ({ key: published("enc", ({ jwk }) => ({ ...jwk, use: "enc" })) }) },
  {
    name: "for signing alone",
    make: () => ({ key: published("sign", ({ jwk }) => ({ ...jwk, key_ops: ["sign"] })) }),
  },
  {
    name: "of another algorithm",
    make: () => ({ key: published("other", ({ jwk }) => ({ ...jwk, alg: "RS512" })) }),
  },
  {
    name: "of an algorithm that is none",
    make: () => ({ key: published("none", ({ jwk }) => ({ ...jwk, alg: "none" })) }),
  },
  {
    name: "of 1024 bits",
    make: () => {
      const key = shortKey("short");
      return {
        key: published("short", ({ jwk }) => ({ ...jwk, ...key.publicKey.export({ format: "jwk" }) }), key),
      };
    },
  },
  {
    name: "of another kind than it says",
    make: () => ({ key: published("kind", ({ jwk }) => ({ ...jwk, kty: "EC", crv: "P-256" })) }),
  },
  {
    name: "of a curve, for an algorithm of RSA",
    make: () => ({ key: createTestKey("curve", "ES256"), header: { alg: "RS256" } }),
  },
];

describe("a published key is not used for verification:", () => {
  test.each(keys.map(({ name, make }) => ({ name, make })))("$name", async ({ make }) => {
    const { id, good, claims, expectRefused, get, upgrade } = gateway;
    const { key, header = {} } = make();
    id.keys = [good(), key];
    const secret = signToken(key, claims(), header);
    await expectRefused(() => get("/private/a", bearer(secret)), { status: 401, secret });
    await expectRefused(() => upgrade("/ws", bearer(secret)), { status: 401, secret });
    // the valid key still works beside it
    expect((await get("/private/a", bearer(signToken(good(), claims())))).status).toBe(200);
  });

  test("a symmetric key, with which every reader could sign", async () => {
    const { id, good, claims, expectRefused, get } = gateway;
    const jwk = { kty: "oct", k: symmetric.toString("base64url"), kid: "oct", alg: "HS256" };
    id.keys = [good(), { ...createTestKey("oct"), jwk }];
    const secret = signWithSecret(symmetric, claims(), { kid: "oct" });
    await expectRefused(() => get("/private/a", bearer(secret)), { status: 401, secret });
  });

  test("a key with the issuer's key id but another use", async () => {
    const { id, good, claims, expectRefused, get, stranger } = gateway;
    id.keys = [good(), { ...stranger, jwk: { ...stranger.jwk, use: "enc" } }];
    // makes the gateway fetch the keys again
    const unknown = signToken(createTestKey("fresh", "RS256"), claims());
    await expectRefused(() => get("/private/a", bearer(unknown)), { status: 401 });
    const secret = signToken(stranger, claims());
    await expectRefused(() => get("/private/a", bearer(secret)), { status: 401, secret });
  });
});

describe("a failing key server neither authenticates callers nor counts as a wrong credential:", () => {
  const set = () => ({ keys: gateway.id.keys.map(({ jwk }) => jwk) });
  const answers: readonly { readonly name: string; readonly answer: () => Response }[] = [
    { name: "no JSON", answer: () => new Response("<html>") },
    { name: "a list", answer: () => Response.json(set().keys) },
    { name: "no keys", answer: () => Response.json({ keys: [] }) },
    { name: "keys that are none", answer: () => Response.json({ keys: [null, 1, "k", []] }) },
    {
      name: "keys named twice",
      answer: () => new Response(`{"keys":[],${JSON.stringify(set()).slice(1)}`),
    },
    {
      name: "a redirect to another server",
      answer: () => Response.redirect("http://127.0.0.1:1/jwks"),
    },
    { name: "more than a key server has to say", answer: () => new Response("x".repeat(300_000)) },
    { name: "an error with good keys", answer: () => Response.json(set(), { status: 500 }) },
  ];
  test.each(answers.map(({ name, answer }) => ({ name, answer })))("$name", async ({ answer }) => {
    const { id, claims, expectRefused, get, upgrade } = gateway;
    const key = createTestKey(crypto.randomUUID(), "RS256");
    id.keys = [...id.keys.slice(0, 1), key];
    id.answer = (path) => (path === "/jwks" ? answer() : null);
    const secret = signToken(key, claims());
    await expectRefused(() => get("/private/a", bearer(secret)), { status: 503, secret });
    await expectRefused(() => upgrade("/ws", bearer(secret)), { status: 503, secret });
    id.answer = null;
    await gateway.running.clock.advance(120_000);
    expect((await get("/private/a", bearer(signToken(key, claims())))).status).toBe(200);
  });
});
