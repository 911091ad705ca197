import { afterAll, expect, test } from "bun:test";
import { authDefaults } from "@libs/auth";
import { openSql } from "@libs/auth/testing";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { startPlatformAuth } from "./platform-auth.ts";

const [sql, otherSql] = await Promise.all([openSql(), openSql()]);
afterAll(() => Promise.all([sql.close(), otherSql.close()]));
const origin = { address: "192.0.2.1", userAgent: null };

function start(signingSecret: string | null, { refreshGraceMs = 0, sql: store = sql } = {}) {
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "test" });
  const admins: { readonly email: string; readonly password: string }[] = [];
  const settings = {
    issuer: "https://gateway.test",
    signingSecret,
    refreshGraceMs,
    firstAdmin: { email: "root@shop.test", password: null },
    roles: authDefaults.roles,
  };
  const auth = startPlatformAuth(settings, {
    sql: store,
    redis: null,
    logger: log.logger,
    metrics,
    now: Date.now,
    onFirstAdmin: (admin) => admins.push(admin),
  });
  return { auth, log, metrics, admins };
}

test("the first start creates an administrator, reports the password once and never logs it; login attempts are audited", async () => {
  const first = start(null);
  const auth = await first.auth;
  const [admin] = first.admins;
  if (admin === undefined) throw new Error("no administrator was made");
  const grant = await auth.sessions.login(admin, origin);
  expect(auth.accessTokens.verify(grant.accessToken)).toMatchObject({
    valid: true,
    token: { claims: { iss: "https://gateway.test" } },
  });
  for (let index = 0; index < 6; index += 1)
    await auth.sessions.login({ ...admin, password: "wrong" }, origin).catch(() => null);
  await auth.sessions.refresh("cwr_x", origin).catch(() => null);
  await auth.sessions.refresh(grant.refreshToken, origin);
  await auth.sessions.refresh(grant.refreshToken, origin).catch(() => null);
  await auth.stop();

  const text = first.log.text();
  for (const kind of ["login_failed", "login_throttled", "refresh_rejected", "refresh_reused"])
    expect(text).toContain(kind);
  for (const secret of [admin.password, admin.email, grant.accessToken, grant.refreshToken])
    expect(text).not.toContain(secret);
  expect(await first.metrics.render()).toMatch(/cartway_security_events_total\{.*kind="login_failed".*\} 5/);

  const second = start("a secret of at least thirty-two bytes");
  await (await second.auth).stop();
  expect(second.admins).toEqual([]);
  const rows = await sql.query<{ private_key: string }>("select private_key from auth_signing_keys");
  expect(rows.every((row) => row.private_key.startsWith("aes-256-gcm:"))).toBe(true);
});

test("a refresh token is exchanged again within the grace period of the settings", async () => {
  const { auth: starting, admins } = start(null, { refreshGraceMs: 10_000, sql: otherSql });
  const auth = await starting;
  const [admin] = admins;
  if (admin === undefined) throw new Error("no administrator was made");
  const { refreshToken } = await auth.sessions.login(admin, origin);
  await auth.sessions.refresh(refreshToken, origin);
  expect(await auth.sessions.refresh(refreshToken, origin)).toMatchObject({ user: { email: admin.email } });
  await auth.stop();
});
