import { afterAll, beforeAll, expect, test } from "bun:test";
import { adminCredentials } from "@libs/auth/testing";
import { type AdminGatewayWithUsers, startAdminGateway, startAdminGatewayWithUsers } from "./start-admin.ts";

let admin: AdminGatewayWithUsers;
beforeAll(async () => {
  admin = await startAdminGatewayWithUsers({ identity: { platform: { type: "local" } }, routes: [] });
});
afterAll(() => admin[Symbol.asyncDispose]());

const { email } = adminCredentials;
const address = "127.0.0.1";
const login = async (password: string) =>
  (
    await fetch(`${admin.url}/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    })
  ).status;
const left = async (query: Record<string, string>) => {
  const { body } = await admin.ask("GET", `/logins?${new URLSearchParams(query).toString()}`);
  return body.buckets.map(({ of, remaining }: { of: string; remaining: number }) => [of, remaining]);
};

test("login attempts can be inspected, and a locked-out user readmitted, audited and without a name in the log", async () => {
  expect(await left({ email, address })).toEqual([
    ["address", 30],
    ["pair", 5],
    ["account", 50],
  ]);
  for (let tries = 0; tries < 5; tries += 1) expect(await login("wrong password")).toBe(401);
  expect(await login(adminCredentials.password)).toBe(429);
  expect(await left({ email, address })).toEqual([
    ["address", 24],
    ["pair", 0],
    ["account", 45],
  ]);
  expect(await left({ email: email.toUpperCase() })).toEqual([["account", 45]]);
  expect(await left({ address })).toEqual([["address", 24]]);

  const reset = await admin.ask("POST", "/logins/reset", { email, address });
  expect(reset.status).toBe(200);
  expect(reset.body.buckets).toContainEqual(expect.objectContaining({ of: "pair", remaining: 5 }));
  const act = (await admin.ask("GET", "/audit?limit=1")).body.acts[0];
  expect(act).toMatchObject({
    actor: "the admin token",
    verb: "login.reset",
    subject: `account ${reset.body.account}, address ${address}`,
    after: "full",
  });
  expect(act.before).toContainEqual(expect.objectContaining({ of: "pair", remaining: 0 }));
  expect(admin.log.text()).toContain('"audit":"login.reset"');
  expect(admin.log.text()).not.toContain(email);
  expect(await login(adminCredentials.password)).toBe(200);
});

test.each([
  ["GET", "/logins", undefined],
  ["GET", "/logins?address=nobody", undefined],
  ["GET", `/logins?email=${"x".repeat(300)}`, undefined],
  ["POST", "/logins/reset", {}],
  ["POST", "/logins/reset", { email: "a@b.test", all: true }],
])("%s %s %j is refused", async (method, path, body) => {
  expect((await admin.ask(method, path, body)).status).toBe(422);
});

test("without a database there are none, and the response says so", async () => {
  await using other = await startAdminGateway({ routes: [] });
  expect((await other.ask("GET", `/logins?address=${address}`)).status).toBe(501);
});
