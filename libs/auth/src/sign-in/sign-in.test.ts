import { createHash } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "bun:test";
import { createAuthFixture, origin } from "../../test/auth-fixture.ts";
import { openSql } from "../../test/open-sql.ts";
import { endSessionsOf } from "../admin/administer-sessions.ts";
import { editUser } from "../admin/administer-users.ts";
import type { ExternalAccount, LinkRules } from "./external-account.ts";

const sql = await openSql();
const { auth, clock } = createAuthFixture(sql);
await auth.start();
beforeEach(() => sql.query("delete from auth_users where email <> 'admin@shop.test'"));
afterAll(async () => {
  await auth.stop();
  await sql.close();
});

const verifier = "v".repeat(43);
const challenge = createHash("sha256").update(verifier).digest("base64url");
const ana: ExternalAccount = {
  provider: "peer",
  subject: "ana",
  email: "ana@shop.test",
  emailVerified: true,
};
const rules: LinkRules = { createUsers: true, linkByEmail: false, roles: ["customer"] };

async function codeOf(account: ExternalAccount, link = rules): Promise<string> {
  const outcome = await auth.signIns.grant(account, link, challenge);
  return outcome.outcome === "granted" ? outcome.code : outcome.reason;
}

test("concurrent callbacks of a new user create one user", async () => {
  const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(ana)));
  const grants = await Promise.all(codes.map((code) => auth.sessions.redeem({ code, verifier }, origin)));
  expect(new Set(grants.map((grant) => grant.user.id)).size).toBe(1);
});

test("a code is invalid after its first use, successful or not, and after a minute", async () => {
  const used = await codeOf(ana);
  await auth.sessions.redeem({ code: used, verifier }, origin);
  const wrong = await codeOf(ana);
  expect(auth.sessions.redeem({ code: wrong, verifier: "w".repeat(43) }, origin)).rejects.toMatchObject({
    code: "invalid_token",
  });
  const late = await codeOf(ana);
  await clock.advance(60_000);
  for (const code of [used, wrong, late, "cwc_short"]) {
    expect(auth.sessions.redeem({ code, verifier }, origin)).rejects.toMatchObject({ code: "invalid_token" });
  }
});

test("an account is linked by address only for trusted providers and verified addresses", async () => {
  const admin = { ...ana, subject: "boss", email: "admin@shop.test" };
  expect(await codeOf(admin)).toBe("account_exists");
  const code = await codeOf(admin, { ...rules, linkByEmail: true });
  expect((await auth.sessions.redeem({ code, verifier }, origin)).user.roles).toEqual(["admin"]);
});

test("an address that merely looks like a user's is not taken for it", async () => {
  const link = { ...rules, linkByEmail: true };
  // a full-width letter, and a long s: addresses of their own, which fold into the administrator's
  for (const email of ["\uff41dmin@shop.test", "admin@\u017fhop.test"])
    expect(await codeOf({ ...ana, subject: email, email }, link)).toBe("account_exists");
  expect(await codeOf({ ...ana, subject: "loud", email: "ADMIN@Shop.test" }, link)).toStartWith("cwc_");
});

test("an unverified address does not reveal whether a user has it", async () => {
  const link = { ...rules, linkByEmail: true };
  const answers = ["admin@shop.test", "nobody@shop.test"].map(async (email) => {
    const liar = { ...ana, subject: email, email, emailVerified: false };
    const { user } = await auth.sessions.redeem({ code: await codeOf(liar, link), verifier }, origin);
    return [
      await codeOf({ ...liar, subject: `${email} again` }, { ...link, createUsers: false }),
      user.roles,
    ];
  });
  expect(await Promise.all(answers)).toEqual([
    ["unknown_user", ["customer"]],
    ["unknown_user", ["customer"]],
  ]);
});

test("a code is invalid once its user has logged out everywhere or changed the password", async () => {
  const first = await auth.sessions.redeem({ code: await codeOf(ana), verifier }, origin);
  const { id } = first.user;
  const context = { sql, auth, now: clock.now, actor: "a test" };
  const ends = [
    () => auth.sessions.logoutEverywhere(id),
    () => endSessionsOf(context, id),
    () => editUser(context, id, { password: "another fine password" }),
  ];
  for (const end of ends) {
    const code = await codeOf(ana);
    await end();
    await expect(auth.sessions.redeem({ code, verifier }, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
  }
});

test("unknown and disabled users are refused, and an unverified address is not stored", async () => {
  expect(await codeOf({ ...ana, subject: "new", email: null }, { ...rules, createUsers: false })).toBe(
    "unknown_user",
  );
  const code = await codeOf({ ...ana, subject: "liar", email: "victim@shop.test", emailVerified: false });
  const { user } = await auth.sessions.redeem({ code, verifier }, origin);
  expect(user.email).toEndWith("@peer.invalid");
  await sql.query("update auth_users set disabled_at = now() where id = $1", [user.id]);
  expect(await codeOf({ ...ana, subject: "liar", email: null })).toBe("disabled");
});

test("a session can be ended with just its refresh token", async () => {
  const grant = await auth.sessions.redeem({ code: await codeOf(ana), verifier }, origin);
  await auth.sessions.logoutByRefreshToken("no token");
  await auth.sessions.logoutByRefreshToken(`cwr_${"A".repeat(43)}`);
  expect(auth.accessTokens.verify(grant.accessToken)).toMatchObject({ valid: true });
  await auth.sessions.logoutByRefreshToken(grant.refreshToken);
  expect(auth.accessTokens.verify(grant.accessToken)).toEqual({ valid: false, fault: "revoked" });
});
