import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { decodeJwt, createLocalJWKSet, jwtVerify } from "jose";
import { adminCredentials, type AuthFixture, createAuthFixture, origin } from "../../test/auth-fixture.ts";
import { openSql } from "../../test/open-sql.ts";
import { authDefaults } from "../auth-defaults.ts";
import { createUser, changeUser, findUserByEmail } from "../users/user-store.ts";
import { listSessions } from "./session-store.ts";

const sql = await openSql();
let one: AuthFixture;
let two: AuthFixture;
afterAll(() => sql.close());

beforeEach(async () => {
  await sql.query("truncate auth_users, auth_signing_keys, auth_changes, auth_api_keys cascade");
  one = createAuthFixture(sql);
  two = createAuthFixture(sql, {}, one.clock);
  await one.auth.start();
  await two.auth.start();
});
afterEach(async () => {
  await one.auth.stop();
  await two.auth.stop();
  expect([...one.errors, ...two.errors]).toEqual([]);
});

const login = (fixture = one) => fixture.auth.sessions.login(adminCredentials, origin);

describe("logging in", () => {
  test("returns tokens that every instance accepts, and jose with the published keys", async () => {
    const grant = await login();
    expect(grant.user).toMatchObject({ email: "admin@shop.test", roles: ["admin"], disabled: false });
    expect(grant.expiresIn).toBe(600);
    expect(JSON.stringify(grant.user)).not.toContain("argon2");
    expect(two.auth.accessTokens.verify(grant.accessToken)).toMatchObject({ valid: true });
    const keys = createLocalJWKSet({ keys: [...one.auth.signingKeys.jwks().keys] });
    const { payload } = await jwtVerify(grant.accessToken, keys, {
      issuer: "cartway",
      audience: "cartway",
      typ: "at+jwt",
      currentDate: new Date(one.clock.now()),
    });
    expect(payload.sub).toBe(grant.user.id);
  });

  test("fails identically for an unknown user, a wrong password, a disabled user and one without a password", async () => {
    const disabled = await createUser(
      sql,
      {
        email: "off@shop.test",
        passwordHash: await one.auth.hasher.hash("correct horse battery"),
        roles: [],
        tenantId: null,
      },
      one.clock.now(),
    );
    await changeUser(sql, { id: disabled.id, disabled: true }, one.clock.now());
    await createUser(
      sql,
      { email: "oauth@shop.test", passwordHash: null, roles: [], tenantId: null },
      one.clock.now(),
    );
    const outcomes: unknown[] = [];
    for (const email of [
      "nobody@shop.test",
      "nul\0@shop.test",
      "admin@shop.test",
      "off@shop.test",
      "oauth@shop.test",
    ]) {
      const password = email.startsWith("admin") ? "wrong horse battery" : "correct horse battery";
      const error = await one.auth.sessions
        .login({ email, password }, origin)
        .catch((thrown: unknown) => thrown);
      outcomes.push(JSON.stringify(error), String(error));
    }
    expect(new Set(outcomes).size).toBe(2);
    expect(one.events.filter((event) => event.kind === "login_failed").length).toBe(5);
    expect(JSON.stringify(one.events)).not.toContain("nobody@shop.test");
  });

  test("accepts an address in any case and a password in any normal form", async () => {
    await createUser(
      sql,
      {
        email: "Zoë@Shop.test",
        passwordHash: await one.auth.hasher.hash("pässwörd zwölf".normalize("NFC")),
        roles: [],
        tenantId: "t1",
      },
      one.clock.now(),
    );
    const grant = await one.auth.sessions.login(
      { email: " zoë@SHOP.test".normalize("NFD"), password: "pässwörd zwölf".normalize("NFD") },
      origin,
    );
    expect(decodeJwt(grant.accessToken)["tenant"]).toBe("t1");
  });

  test("is throttled after five wrong attempts, for any account, with the time to wait", async () => {
    for (const email of ["admin@shop.test", "nobody@shop.test"]) {
      const attempt = () => one.auth.sessions.login({ email, password: "wrong horse battery" }, origin);
      for (let index = 0; index < 5; index += 1)
        expect(attempt()).rejects.toMatchObject({ code: "invalid_credentials" });
      expect(attempt()).rejects.toMatchObject({ code: "rate_limited", retryAfterSeconds: 60 });
    }
    expect(login()).rejects.toMatchObject({ code: "rate_limited" });
    expect(
      one.auth.sessions.login(adminCredentials, { ...origin, address: "192.0.2.2" }),
    ).resolves.toMatchObject({ expiresIn: 600 });
  });

  test("with the right password resets the account's count, not the address's", async () => {
    for (let round = 0; round < 6; round += 1) {
      for (let index = 0; index < 4; index += 1) {
        await one.auth.sessions.login({ ...adminCredentials, password: "wrong" }, origin).catch(() => null);
      }
      await login();
    }
    expect(login()).rejects.toMatchObject({ code: "rate_limited" });
  });

  test("rehashes the password when the costs have changed", async () => {
    const costlier = createAuthFixture(
      sql,
      { passwords: { memoryKib: 2048, passes: 1, concurrencyMax: 1, waitingMax: 1 } },
      one.clock,
    );
    await costlier.auth.start();
    await costlier.auth.sessions.login(adminCredentials, origin);
    expect((await findUserByEmail(sql, "admin@shop.test"))?.passwordHash).toStartWith(
      "$argon2id$v=19$m=2048,t=1,",
    );
    await costlier.auth.stop();
  });
});

describe("refreshing", () => {
  test("returns a new pair each time and keeps the session", async () => {
    const first = await login();
    const second = await one.auth.sessions.refresh(first.refreshToken, origin);
    const third = await two.auth.sessions.refresh(second.refreshToken, origin);
    expect(new Set([first, second, third].map((grant) => grant.refreshToken)).size).toBe(3);
    expect(decodeJwt(third.accessToken)["sid"]).toBe(decodeJwt(first.accessToken)["sid"]);
    expect((await listSessions(sql, first.user.id, one.clock.now())).length).toBe(1);
  });

  test("with a token used before ends the session on every instance, for both holders", async () => {
    const stolen = await login();
    const owner = await one.auth.sessions.refresh(stolen.refreshToken, origin);
    expect(two.auth.sessions.refresh(stolen.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect(one.auth.sessions.refresh(owner.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    await one.auth.feed.sync();
    for (const fixture of [one, two]) {
      expect(fixture.auth.accessTokens.verify(owner.accessToken)).toEqual({ valid: false, fault: "revoked" });
    }
    expect(two.events).toContainEqual({
      kind: "refresh_reused",
      sessionId: String(decodeJwt(stolen.accessToken)["sid"]),
      userId: stolen.user.id,
      address: origin.address,
    });
  });

  test("ten times concurrently succeeds at most once", async () => {
    const { refreshToken } = await login();
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, () => one.auth.sessions.refresh(refreshToken, origin)),
    );
    expect(tries.filter((attempt) => attempt.status === "fulfilled").length).toBe(1);
  });

  test("with a grace period lets a lost response be repeated, and never leaves two valid tokens", async () => {
    const rules = { ...authDefaults.sessions, refreshGraceMs: 10_000 };
    const patient = createAuthFixture(sql, { sessions: rules }, one.clock);
    await patient.auth.start();
    const { refreshToken } = await login(patient);
    const lost = await patient.auth.sessions.refresh(refreshToken, origin);
    const again = await patient.auth.sessions.refresh(refreshToken, origin);
    const next = await patient.auth.sessions.refresh(again.refreshToken, origin);
    expect(patient.auth.sessions.refresh(lost.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect(patient.auth.sessions.refresh(next.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    const late = await login(patient);
    await patient.auth.sessions.refresh(late.refreshToken, origin);
    await one.clock.advance(10_001);
    expect(patient.auth.sessions.refresh(late.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    await patient.auth.stop();
  });

  test("ends with the idle timeout, and with the maximum lifetime however often it is used", async () => {
    const idle = await login();
    await one.clock.advance(authDefaults.sessions.sessionIdleMs);
    expect(one.auth.sessions.refresh(idle.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    let { refreshToken } = await login();
    for (let day = 0; day < 89; day += 10) {
      await one.clock.advance(10 * 86_400_000);
      if (day < 80) ({ refreshToken } = await one.auth.sessions.refresh(refreshToken, origin));
    }
    expect(one.auth.sessions.refresh(refreshToken, origin)).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("is refused for anything but a refresh token, and for a disabled user", async () => {
    for (const text of ["", "cwr_", `cwr_${"A".repeat(43)}`, "x".repeat(10_000), "cwr_' or 1=1 --"]) {
      expect(one.auth.sessions.refresh(text, origin)).rejects.toMatchObject({ code: "invalid_token" });
    }
    const grant = await login();
    await changeUser(sql, { id: grant.user.id, disabled: true }, one.clock.now());
    expect(one.auth.sessions.refresh(grant.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
    expect(one.auth.sessions.me(grant.user.id)).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("stores nothing that a reader of the store could use", async () => {
    const { refreshToken } = await login();
    const dump = JSON.stringify(await sql.query("select * from auth_refresh_tokens t, auth_sessions s"));
    expect(dump).not.toContain(refreshToken);
    expect(dump).not.toContain(refreshToken.slice(4));
  });
});

describe("revocation", () => {
  test("by a logout ends that session's tokens on every instance", async () => {
    const grant = await login();
    const other = await login();
    await one.auth.sessions.logout(String(decodeJwt(grant.accessToken)["sid"]), grant.user.id);
    await two.auth.feed.sync();
    for (const fixture of [one, two]) {
      expect(fixture.auth.accessTokens.verify(grant.accessToken)).toEqual({ valid: false, fault: "revoked" });
      expect(fixture.auth.accessTokens.verify(other.accessToken)).toMatchObject({ valid: true });
    }
    expect(one.auth.sessions.refresh(grant.refreshToken, origin)).rejects.toMatchObject({
      code: "invalid_token",
    });
  });

  test("of another user's session is refused", async () => {
    const grant = await login();
    await one.auth.sessions.logout(String(decodeJwt(grant.accessToken)["sid"]), crypto.randomUUID());
    expect(one.auth.accessTokens.verify(grant.accessToken)).toMatchObject({ valid: true });
  });

  test("by logging out everywhere ends all sessions", async () => {
    const grants = [await login(), await login(two)];
    await one.auth.sessions.logoutEverywhere(grants[0]?.user.id ?? "");
    await two.auth.feed.sync();
    for (const { accessToken } of grants) {
      expect(two.auth.accessTokens.verify(accessToken)).toEqual({ valid: false, fault: "revoked" });
    }
  });

  test("by a change of roles ends tokens with the old ones; a refresh gets the new roles", async () => {
    const grant = await login();
    await changeUser(sql, { id: grant.user.id, roles: ["customer"] }, one.clock.now());
    await two.auth.feed.sync();
    expect(two.auth.accessTokens.verify(grant.accessToken)).toEqual({ valid: false, fault: "revoked" });
    const fresh = await two.auth.sessions.refresh(grant.refreshToken, origin);
    expect(two.auth.accessTokens.verify(fresh.accessToken)).toMatchObject({
      valid: true,
      token: { roles: ["customer"] },
    });
    expect((await two.auth.sessions.me(grant.user.id)).permissions).toEqual(["carts:write"]);
  });

  test("is known to a restarted instance", async () => {
    const grant = await login();
    await one.auth.sessions.logoutEverywhere(grant.user.id);
    const restarted = createAuthFixture(sql, {}, one.clock);
    await restarted.auth.start();
    expect(restarted.auth.accessTokens.verify(grant.accessToken)).toEqual({ valid: false, fault: "revoked" });
    await restarted.auth.stop();
  });
});

test("the first administrator is created once, by whichever instance comes first, and reported once", async () => {
  expect([...one.firstAdmins, ...two.firstAdmins].map((admin) => admin.email)).toEqual(["admin@shop.test"]);
  await sql.query("delete from auth_users");
  const unnamed = { firstAdmin: { email: "root@shop.test", password: null } };
  const racers = [1, 2, 3].map(() => createAuthFixture(sql, unnamed, one.clock));
  await Promise.all(racers.map((racer) => racer.auth.start()));
  const [admin, ...others] = racers.flatMap((racer) => racer.firstAdmins);
  expect(others).toEqual([]);
  expect(admin?.password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  await one.auth.sessions.login({ email: "root@shop.test", password: admin?.password ?? "" }, origin);
  await Promise.all(racers.map((racer) => racer.auth.stop()));
});
