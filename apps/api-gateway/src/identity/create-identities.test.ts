import { describe, expect, test } from "bun:test";
import { adminCredentials, origin, signToken } from "@libs/auth/testing";
import { bearer, present } from "../../test/support/identity/identity-fixture.ts";
import { createIssuedIdentities } from "../../test/support/identity/issuer.ts";
import { PresentedCredentials } from "./presented-credentials.ts";

const { fixture, issuer } = await createIssuedIdentities();
const { auth } = fixture;

describe("several identities together", () => {
  test("the first that knows the caller decides, whatever the others answer", async () => {
    const identities = fixture.create({
      platform: { type: "local" },
      id: issuer.oidc(),
      partners: { type: "api-key" },
    });
    const authenticate = identities.select(["platform", "id", "partners"]);
    expect(await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).toMatchObject({
      principal: { identity: "id" },
    });
    const { accessToken } = await auth.sessions.login(adminCredentials, origin);
    expect(await authenticate(bearer(accessToken))).toMatchObject({ principal: { identity: "platform" } });
    expect(await authenticate(present({}))).toEqual({ outcome: "absent" });
    expect(await authenticate(bearer("a.b.c"))).toMatchObject({ outcome: "rejected" });
    expect(() => identities.select(["nobody"])).toThrow("no identity nobody");
  });

  test("with one unavailable, no credential is called wrong", async () => {
    issuer.server.down = true;
    const authenticate = fixture
      .create({ id: issuer.oidc(), platform: { type: "local" } })
      .select(["id", "platform"]);
    expect(await authenticate(bearer(signToken(issuer.key(), issuer.claims())))).toEqual({
      outcome: "unavailable",
      identity: "id",
    });
  });

  test("an unknown authorization scheme is refused, not treated as absent", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    for (const authorization of ["Basic dTpw", "Bearer", "Bearer a, Bearer b", "bearer  x"]) {
      expect(await authenticate(present({ headers: { authorization } }))).toMatchObject({
        reason: "malformed_credentials",
      });
    }
  });
});

test("a caller's id has the prefix of its identity, and a known caller remains the same object", async () => {
  const authenticate = fixture.create({ id: { ...issuer.oidc(), subjectPrefix: "id|" } }).select(["id"]);
  const token = signToken(issuer.key(), issuer.claims({ sub: "ana" }));
  const [first, second] = [await authenticate(bearer(token)), await authenticate(bearer(token))];
  expect(first).toMatchObject({ principal: { subject: "id|ana" } });
  expect("principal" in first && "principal" in second && first.principal === second.principal).toBe(true);
});

describe("a token in the query", () => {
  test("is refused unless configured, and accepted if it is", async () => {
    const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
    const { accessToken } = await auth.sessions.login(adminCredentials, origin);
    const query = `x=1&access_token=${accessToken}`;
    expect(await authenticate(present({ query }))).toMatchObject({ outcome: "rejected" });
    expect(
      await authenticate(present({ query: query.replace("access_token", "access%5Ftoken") })),
    ).toMatchObject({ outcome: "rejected" });
    const allowed = { query, tokenParameter: "access_token" };
    expect((await authenticate(present(allowed))).outcome).toBe("authenticated");
    expect(await authenticate(present({ ...allowed, query: `${query}&access_token=b` }))).toMatchObject({
      outcome: "rejected",
    });
    const both = { ...allowed, headers: { authorization: `Bearer ${accessToken}` } };
    expect(await authenticate(present(both))).toMatchObject({ outcome: "rejected" });
    expect(await authenticate(PresentedCredentials.ofToken(accessToken))).toMatchObject({
      outcome: "authenticated",
    });
  });
});
