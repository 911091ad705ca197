import { afterAll, expect, test } from "bun:test";
import { editUser } from "@libs/auth/platform";
import { adminCredentials, origin } from "@libs/auth/testing";
import { bearer, createIdentityFixture } from "../../../test/support/identity/identity-fixture.ts";

const fixture = await createIdentityFixture();
const { auth, clock, sql } = fixture;
const context = { sql, auth, now: clock.now, actor: "test" };
afterAll(() => fixture.close());

test("a token of /auth/login authenticates, from the cache the second time, until its session ends", async () => {
  const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
  const grant = await auth.sessions.login(adminCredentials, origin);
  expect(authenticate(bearer(grant.accessToken))).toMatchObject({
    outcome: "authenticated",
    principal: { identity: "platform", method: "jwt", subject: grant.user.id, roles: ["admin"] },
  });
  const first = authenticate(bearer(grant.accessToken));
  expect(authenticate(bearer(grant.accessToken))).toBe(first);
  await auth.sessions.logoutEverywhere(grant.user.id);
  expect(authenticate(bearer(grant.accessToken))).toEqual({
    outcome: "rejected",
    identity: "platform",
    reason: "revoked",
  });
});

test("a cached token ends with its expiry, a change of its user's roles, or its key", async () => {
  const authenticate = fixture.create({ platform: { type: "local" } }).select(["platform"]);
  const outcome = async (grant: { readonly accessToken: string }) =>
    (await authenticate(bearer(grant.accessToken))).outcome;
  const short = await auth.sessions.login(adminCredentials, origin);
  expect(await outcome(short)).toBe("authenticated");
  await clock.advance(606_000);
  expect(await outcome(short)).toBe("rejected");

  const changed = await auth.sessions.login(adminCredentials, origin);
  expect(await outcome(changed)).toBe("authenticated");
  await editUser(context, changed.user.id, { roles: ["admin", "operator"] });
  expect(await outcome(changed)).toBe("rejected");

  const signed = await auth.sessions.login(adminCredentials, origin);
  expect(await outcome(signed)).toBe("authenticated");
  await auth.signingKeys.replaceAll();
  expect(await outcome(signed)).toBe("rejected");
});
