import { afterAll, beforeEach, expect, test } from "bun:test";
import { createAuthFixture, origin } from "../../test/auth-fixture.ts";
import { newApiKey } from "../../test/new-api-key.ts";
import { openSql } from "../../test/open-sql.ts";
import { listActs } from "../audit/audit-log.ts";
import { addKey, listKeys, revokeKey, rotateKey } from "./administer-api-keys.ts";
import { endSession, endSessionsOf, listSessionsOf } from "./administer-sessions.ts";
import { addUser, editUser, listUsersPage } from "./administer-users.ts";
import type { AdminContext } from "./admin-context.ts";

const sql = await openSql();
const { auth, clock } = createAuthFixture(sql);
await auth.start();
const told: string[] = [];
const context: AdminContext = {
  sql,
  auth,
  now: clock.now,
  actor: "root@shop.test",
  onAct: ({ actor, verb }) => void told.push(`${actor} ${verb}`),
};
const draft = { email: "ana@shop.test", password: "a fine password", roles: ["customer"], tenantId: "t1" };
const login = (password = draft.password) => auth.sessions.login({ email: draft.email, password }, origin);
const verbs = async () =>
  (await listActs(sql, { after: null, limit: 100 })).map((act) => act.verb).toReversed();

const tenantOf = (user: unknown): unknown =>
  typeof user === "object" && user !== null && "tenantId" in user ? user.tenantId : undefined;

afterAll(async () => {
  await auth.stop();
  await sql.close();
});
beforeEach(async () => {
  await sql.query("truncate auth_users, auth_audit, auth_api_keys cascade");
  await clock.advance(86_400_000);
});

test("a user is created, listed and can log in; the change is audited without the password", async () => {
  const user = await addUser(context, draft);
  expect(await listUsersPage(context, { after: null, limit: 10 })).toEqual([user]);
  expect(await listUsersPage(context, { after: user.id, limit: 10 })).toEqual([]);
  expect((await login()).user).toEqual(user);
  const [act] = await listActs(sql, { after: null, limit: 1 });
  expect(act).toMatchObject({
    actor: "root@shop.test",
    verb: "user.create",
    subject: user.id,
    before: null,
    after: user,
  });
  expect(JSON.stringify(act)).not.toContain("argon2");
});

test("problems of a draft are reported, and nothing is done", async () => {
  expect(addUser(context, { ...draft, roles: ["wizard"] })).rejects.toMatchObject({
    code: "validation_failed",
  });
  expect(addUser(context, { ...draft, password: "short" })).rejects.toMatchObject({
    code: "validation_failed",
  });
  expect(addUser(context, { ...draft, email: "x" })).rejects.toMatchObject({ code: "validation_failed" });
  expect(editUser(context, crypto.randomUUID(), { disabled: true })).rejects.toMatchObject({
    code: "not_found",
  });
  await addUser(context, draft);
  expect(addUser(context, { ...draft, email: "ANA@shop.test" })).rejects.toMatchObject({ code: "conflict" });
  expect(await verbs()).toEqual(["user.create"]);
});

test("a new password ends all sessions and replaces the old one", async () => {
  const user = await addUser(context, draft);
  const grant = await login();
  await editUser(context, user.id, { password: "another password" });
  expect(auth.accessTokens.verify(grant.accessToken)).toEqual({ valid: false, fault: "revoked" });
  expect(auth.sessions.refresh(grant.refreshToken, origin)).rejects.toMatchObject({ code: "invalid_token" });
  expect(login()).rejects.toMatchObject({ code: "invalid_credentials" });
  expect((await login("another password")).user.id).toBe(user.id);
});

test("a disabled user can do nothing until enabled again", async () => {
  const user = await addUser(context, draft);
  const grant = await login();
  await editUser(context, user.id, { disabled: true });
  expect(auth.accessTokens.verify(grant.accessToken)).toMatchObject({ fault: "revoked" });
  expect(login()).rejects.toMatchObject({ code: "invalid_credentials" });
  await editUser(context, user.id, { disabled: false, roles: ["operator"], tenantId: null });
  expect((await login()).user).toMatchObject({ roles: ["operator"], tenantId: null, disabled: false });
  const [last, first] = await listActs(sql, { after: null, limit: 2 });
  expect(first).toMatchObject({ before: { disabled: false }, after: { disabled: true } });
  expect(last).toMatchObject({ before: { roles: ["customer"] }, after: { roles: ["operator"] } });
});

test("sessions are listed and ended, one or all", async () => {
  const user = await addUser(context, draft);
  const grants = [await login(), await login(), await login()];
  const sessions = await listSessionsOf(context, user.id);
  expect(sessions.map((session) => session.address)).toEqual(Array(3).fill(origin.address));
  await endSession(context, sessions[0]?.id ?? "");
  expect(endSession(context, sessions[0]?.id ?? "")).rejects.toMatchObject({ code: "not_found" });
  expect(await endSessionsOf(context, user.id)).toBe(2);
  expect(grants.map(({ accessToken }) => auth.accessTokens.verify(accessToken).valid)).toEqual([
    false,
    false,
    false,
  ]);
  expect(await verbs()).toEqual(["user.create", "session.end", "session.end-all"]);
});

test("keys are created, rotated and revoked; the key itself is only in that response", async () => {
  const key = newApiKey({ roles: ["customer"], scopes: ["events:write"] });
  expect(addKey(context, { ...key, weight: 0 })).rejects.toMatchObject({ code: "validation_failed" });
  expect(addKey(context, { ...key, expiresAt: 1 })).rejects.toMatchObject({ code: "validation_failed" });
  expect(addKey(context, { ...key, roles: ["wizard"] })).rejects.toMatchObject({
    code: "validation_failed",
    details: [
      {
        path: "/roles",
        message: "the role wizard is not defined: the config defines admin, customer, operator",
      },
    ],
  });
  const first = await addKey(context, key);
  const second = await rotateKey(context, first.apiKey.id, 60_000);
  await revokeKey(context, second.apiKey.id);
  expect(await auth.apiKeys.verify(first.key)).toMatchObject({ verdict: "valid" });
  expect(await auth.apiKeys.verify(second.key)).toEqual({ verdict: "invalid", fault: "revoked" });
  expect((await listKeys(context, { owner: null, after: null, limit: 10 })).length).toBe(2);
  expect(await verbs()).toEqual(["api-key.create", "api-key.rotate", "api-key.revoke"]);
  const record = JSON.stringify(await listActs(sql, { after: null, limit: 10 }));
  expect(record.includes(first.key) || record.includes(second.key)).toBe(false);
});

test("a key has one successor: rotating it again is refused with the successor's name, which stays valid", async () => {
  const { apiKey } = await addKey(context, newApiKey());
  const successor = await rotateKey(context, apiKey.id, 60_000);
  await expect(rotateKey(context, apiKey.id, 60_000)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(successor.apiKey.id),
  });
  await clock.advance(60_000);
  expect(await auth.apiKeys.verify(successor.key)).toMatchObject({ verdict: "valid" });
});

test("concurrent edits of a user are audited in their order, each with the state before it", async () => {
  const user = await addUser(context, draft);
  await Promise.all(["t2", "t3", "t4", "t5"].map((tenantId) => editUser(context, user.id, { tenantId })));
  const acts = (await listActs(sql, { after: null, limit: 4 })).toReversed();
  const tenants = acts.map(({ before, after }) => [before, after].map(tenantOf));
  for (const [index, [before]] of tenants.entries())
    expect(before).toBe(index === 0 ? "t1" : tenants[index - 1]?.[1]);
});

test("keys and changes are listed in pages, newest first", async () => {
  const made = [];
  for (let count = 0; count < 3; count += 1) made.push((await addKey(context, newApiKey())).apiKey.id);
  const first = await listKeys(context, { owner: "acme", after: null, limit: 2 });
  expect(first.map(({ id }) => id)).toEqual(made.toReversed().slice(0, 2));
  const rest = await listKeys(context, { owner: "acme", after: first[1]?.id ?? null, limit: 2 });
  expect(rest.map(({ id }) => id)).toEqual(made.slice(0, 1));
  const [latest] = await listActs(sql, { after: null, limit: 1 });
  expect((await listActs(sql, { after: latest?.id ?? null, limit: 9 })).length).toBe(2);
});

test("the listener is called once a change is recorded, and never for a failed one", async () => {
  told.length = 0;
  const user = await addUser(context, draft);
  await expect(addUser(context, draft)).rejects.toThrow();
  await login();
  const [session] = await listSessionsOf(context, user.id);
  await endSession(context, session?.id ?? "");
  expect(told).toEqual(["root@shop.test user.create", "root@shop.test session.end"]);
  const [act] = await listActs(sql, { after: null, limit: 1 });
  expect(act).toMatchObject({ verb: "session.end", before: { userId: user.id }, after: null });
});
