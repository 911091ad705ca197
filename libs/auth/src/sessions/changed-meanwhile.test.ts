import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import {
  adminCredentials,
  type AuthFixture,
  createAuthFixture,
  origin,
  quickPasswords,
} from "../../test/auth-fixture.ts";
import { openSql } from "../../test/open-sql.ts";
import { editUser } from "../admin/administer-users.ts";
import type { StoredUser } from "../users/user.ts";
import { findUserByEmail } from "../users/user-store.ts";

const sql = await openSql();
let fixture: AuthFixture;
let admin: StoredUser;
afterAll(() => sql.close());

beforeEach(async () => {
  await sql.query("truncate auth_users, auth_signing_keys, auth_changes, auth_api_keys cascade");
  fixture = createAuthFixture(sql);
  await fixture.auth.start();
  const found = await findUserByEmail(sql, adminCredentials.email);
  if (found === null) throw new Error("there is no first administrator");
  admin = found;
});
afterEach(() => fixture.auth.stop());

function changePassword(password: string): Promise<unknown> {
  const { auth, clock } = fixture;
  return editUser({ sql, auth, now: clock.now, actor: "a test" }, admin.id, { password });
}

test("a login whose password is changed meanwhile opens no session", async () => {
  const { hasher, sessions } = fixture.auth;
  const verify = hasher.verify.bind(hasher);
  hasher.verify = async (...args) => {
    const matches = await verify(...args);
    await changePassword("another fine password");
    return matches;
  };
  await expect(sessions.login(adminCredentials, origin)).rejects.toMatchObject({
    code: "invalid_credentials",
  });
  expect(await sql.query("select 1 from auth_sessions")).toEqual([]);
});

test("a login that rehashes the password does not restore one that was changed meanwhile", async () => {
  const dearer = createAuthFixture(sql, { passwords: { ...quickPasswords, passes: 2 } });
  await dearer.auth.start();
  const { hasher, sessions } = dearer.auth;
  const hash = hasher.hash.bind(hasher);
  hasher.hash = async (password) => {
    const hashed = await hash(password);
    await changePassword("another fine password");
    return hashed;
  };
  await expect(sessions.login(adminCredentials, origin)).rejects.toMatchObject({
    code: "invalid_credentials",
  });
  hasher.hash = hash;
  const { email } = adminCredentials;
  const grant = await sessions.login({ email, password: "another fine password" }, origin);
  expect(grant.user.email).toBe(email);
  await dearer.auth.stop();
});

test("concurrent logouts and password changes all succeed, and leave no session", async () => {
  const { sessions } = fixture.auth;
  for (let round = 0; round < 3; round += 1) {
    const user = (await findUserByEmail(sql, adminCredentials.email)) ?? admin;
    const grants = await Promise.all(Array.from({ length: 16 }, () => sessions.open(user, origin)));
    await Promise.all([
      ...grants.map(({ refreshToken }) => sessions.logoutByRefreshToken(refreshToken)),
      changePassword(`a fine password ${round}`),
    ]);
    expect(await sql.query("select 1 from auth_sessions where revoked_at is null")).toEqual([]);
  }
});
