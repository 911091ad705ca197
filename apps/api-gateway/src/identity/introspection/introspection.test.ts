import { expect, test } from "bun:test";
import { bearer } from "../../../test/support/identity/identity-fixture.ts";
import { createIssuedIdentities } from "../../../test/support/identity/issuer.ts";

const { fixture, issuer } = await createIssuedIdentities();
const { clock } = fixture;

/** The fields of every server's answer about an access token. */
const active = { active: true, token_type: "Bearer" };
const opaque = (extra: object = {}) => ({
  type: "introspection",
  url: `${issuer.server.url}/introspect`,
  clientId: "gate way",
  clientSecret: { env: "S:1" },
  ...extra,
});

test("an opaque token is introspected once, cached, and introspected again after the cache time", async () => {
  const authenticate = fixture.create({ opaque: opaque() }).select(["opaque"]);
  issuer.server.tokens.set("abc", { ...active, sub: "u1", scope: "a b", exp: issuer.seconds() + 600 });
  const answers = await Promise.all(Array.from({ length: 20 }, async () => authenticate(bearer("abc"))));
  expect(answers.every((answer) => answer.outcome === "authenticated")).toBe(true);
  expect(authenticate(bearer("abc"))).toMatchObject({
    principal: { subject: "u1", scopes: ["a", "b"], method: "introspection" },
  });
  expect(issuer.server.count("/introspect")).toBe(1);
  expect(issuer.server.authorizations[0]).toBe(
    `Basic ${Buffer.from(`gate+way:${encodeURIComponent("S:1-".repeat(8))}`).toString("base64")}`,
  );
  issuer.server.tokens.delete("abc");
  await clock.advance(30_000);
  expect(await authenticate(bearer("abc"))).toMatchObject({ outcome: "rejected", reason: "inactive" });
  expect(authenticate(bearer("abc"))).toMatchObject({ outcome: "rejected" });
  expect(issuer.server.count("/introspect")).toBe(2);
});

test("a clock that is set back prolongs no cached answer", async () => {
  const authenticate = fixture.create({ opaque: opaque() }).select(["opaque"]);
  issuer.server.tokens.set("back", { ...active, sub: "u1" });
  await authenticate(bearer("back"));
  issuer.server.tokens.delete("back");
  await clock.advance(-60_000);
  expect(await authenticate(bearer("back"))).toMatchObject({ outcome: "rejected", reason: "inactive" });
  await clock.advance(60_000);
});

test("while the server is down, cached callers stay valid for staleIfErrorMs, and new ones are refused", async () => {
  const authenticate = fixture.create({ opaque: opaque({ staleIfErrorMs: 60_000 }) }).select(["opaque"]);
  issuer.server.tokens.set("known", { ...active, sub: "u1" });
  await authenticate(bearer("known"));
  issuer.server.down = true;
  await clock.advance(59_999);
  expect((await authenticate(bearer("known"))).outcome).toBe("authenticated");
  expect((await authenticate(bearer("new"))).outcome).toBe("unavailable");
  await clock.advance(1);
  expect((await authenticate(bearer("known"))).outcome).toBe("unavailable");
  expect(fixture.failures.length).toBeGreaterThan(0);
  expect(fixture.failures.join()).not.toContain("known");
});

test("an expired response, one of another issuer or audience, or without a subject authenticates nobody", async () => {
  const authenticate = fixture
    .create({ opaque: opaque({ issuer: "https://id", audience: "shop" }) })
    .select(["opaque"]);
  const good = { ...active, sub: "u", iss: "https://id", aud: ["shop"], exp: issuer.seconds() + 60 };
  const cases = [
    good,
    { ...good, exp: issuer.seconds() },
    { ...good, iss: "x" },
    { ...good, aud: "bank" },
    { ...good, sub: null },
    { ...good, active: "true" },
  ];
  const outcomes: string[] = [];
  for (const [index, answer] of cases.entries()) {
    issuer.server.tokens.set(`t${index}`, answer);
    outcomes.push((await authenticate(bearer(`t${index}`))).outcome);
  }
  expect(outcomes).toEqual(["authenticated", "rejected", "rejected", "rejected", "rejected", "rejected"]);
});

test("concurrent introspections are bounded", async () => {
  const authenticate = fixture.create({ opaque: opaque({ questionsMax: 1 }) }).select(["opaque"]);
  const first = authenticate(bearer("a"));
  expect(authenticate(bearer("b"))).toEqual({ outcome: "unavailable", identity: "opaque" });
  await first;
});
