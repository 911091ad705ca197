import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type AccessGateway, startAccessGateway } from "../support/access-gateway.ts";
import { IdentityServer } from "../support/identity/identity-server.ts";
import { bearer, expectRefused, handshake } from "./attacked-gateway.ts";

/** Answers of an introspection server (RFC 7662), and those that must admit nobody. */
const id = new IdentityServer();
let running: AccessGateway;
beforeAll(async () => {
  const opaque = {
    type: "introspection",
    url: `${id.url}/introspect`,
    clientId: "gateway",
    clientSecret: { env: "SECRET" },
    issuer: id.url,
    audience: "shop",
  };
  const authenticate = { type: "authenticate", with: ["opaque"] };
  running = await startAccessGateway(
    () => ({
      identity: {
        opaque,
        lenient: { ...opaque, anyTokenType: true, anyHolder: true },
      },
      routes: [
        { id: "a", match: { path: "/a" }, service: "echo", policies: [authenticate] },
        {
          id: "lenient",
          match: { path: "/lenient" },
          service: "echo",
          policies: [{ type: "authenticate", with: ["lenient"] }],
        },
      ],
      hub: { endpoints: [{ path: "/ws", authenticate: { with: ["opaque"], anonymous: true } }] },
    }),
    { env: { SECRET: "s" }, monotonicNow: () => performance.now() * 1000 },
  );
});
beforeEach(() => {
  running.echo.seen.length = 0;
  id.answer = null;
});
afterAll(async () => {
  await running.close();
  await id.stop();
});

const seconds = () => Math.floor(running.clock.now() / 1000);
const good = (extra: object = {}) => ({
  active: true,
  sub: "u1",
  iss: id.url,
  aud: ["shop"],
  exp: seconds() + 60,
  token_type: "Bearer",
  ...extra,
});
const get = (path: string, token: string) => fetch(running.url(path), { headers: bearer(token) });
const upgrade = (token: string) => fetch(running.url("/ws"), { headers: { ...handshake, ...bearer(token) } });

async function expectNobody(status: number): Promise<void> {
  const secret = `opaque-${crypto.randomUUID()}`;
  await expectRefused(running, () => get("/a", secret), { status, secret });
  await expectRefused(running, () => upgrade(secret), { status, secret });
}

test("a valid introspection response authenticates, in any case of Bearer", async () => {
  for (const token_type of ["Bearer", "bearer"]) {
    id.answer = () => Response.json(good({ token_type }));
    expect((await get("/a", crypto.randomUUID())).status).toBe(200);
  }
});

describe("an introspection response does not authenticate:", () => {
  const answers: readonly { readonly name: string; readonly extra: () => object }[] = [
    { name: "inactive", extra: () => ({ active: false }) },
    { name: "active in a word", extra: () => ({ active: "true" }) },
    { name: "active as a number", extra: () => ({ active: 1 }) },
    { name: "active in a list", extra: () => ({ active: [true] }) },
    { name: "that says nothing of being active", extra: () => ({ active: undefined }) },
    { name: "that is over", extra: () => ({ exp: seconds() }) },
    { name: "of another issuer", extra: () => ({ iss: "https://evil.example" }) },
    { name: "of no issuer", extra: () => ({ iss: undefined }) },
    { name: "for somebody else", extra: () => ({ aud: "bank" }) },
    { name: "for nobody", extra: () => ({ aud: undefined }) },
    { name: "without a subject", extra: () => ({ sub: undefined }) },
    { name: "whose subject is an object", extra: () => ({ sub: { id: "admin" } }) },
    { name: "of a refresh token, which has no type", extra: () => ({ token_type: undefined }) },
    { name: "of a token that is bound by DPoP", extra: () => ({ token_type: "DPoP" }) },
    { name: "of a token that is bound to a certificate", extra: () => ({ cnf: { "x5t#S256": "x" } }) },
  ];
  test.each(answers.map(({ name, extra }) => ({ name, extra })))("$name", async ({ extra }) => {
    id.answer = () => Response.json(good(extra()));
    await expectNobody(401);
  });
});

test("explicitly configured exceptions are accepted: any token type, from any client", async () => {
  id.answer = () => Response.json(good({ token_type: undefined, cnf: { jkt: "x" } }));
  expect((await get("/lenient", crypto.randomUUID())).status).toBe(200);
});

describe("an unparsable introspection response neither authenticates nor counts as a wrong credential:", () => {
  const answers: readonly { readonly name: string; readonly answer: () => Response }[] = [
    { name: "no JSON", answer: () => new Response("active") },
    { name: "nothing", answer: () => new Response("") },
    { name: "a list", answer: () => Response.json([good()]) },
    {
      name: "active twice",
      answer: () => new Response(`{"active":false,${JSON.stringify(good()).slice(1)}`),
    },
    { name: "an exp of text", answer: () => Response.json(good({ exp: "4102444800" })) },
    { name: "an exp of null", answer: () => Response.json(good({ exp: null })) },
    { name: "an exp beyond all numbers", answer: () => exp("1e999") },
    { name: "201", answer: () => Response.json(good(), { status: 201 }) },
    { name: "an error that says active", answer: () => Response.json(good(), { status: 500 }) },
    { name: "a redirect", answer: () => Response.redirect("http://127.0.0.1:1/") },
    { name: "more than there is to say", answer: () => Response.json(good({ pad: "x".repeat(70_000) })) },
  ];
  const exp = (text: string) => new Response(JSON.stringify(good()).replace(/"exp":\d+/, `"exp":${text}`));
  test.each(answers.map(({ name, answer }) => ({ name, answer })))("$name", async ({ answer }) => {
    id.answer = answer;
    await expectNobody(503);
  });
});
