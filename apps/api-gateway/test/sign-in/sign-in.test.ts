import { randomBytes } from "node:crypto";
import { expect, test } from "bun:test";
import { Browser } from "./browser.ts";
import { appUri, grantOf, openSignInGateway } from "./sign-in-gateway.ts";

/** Sign-in with a certified OpenID provider, and the resulting accounts. */
const gateway = await openSignInGateway();

const call = async (path: string, token: string) =>
  (await fetch(gateway.running.url(path), { headers: { authorization: `Bearer ${token}` } })).status;

const createVerifier = () => randomBytes(32).toString("base64url");

test("sign-in returns to the caller with a code, which its verifier exchanges for the platform's tokens once", async () => {
  const verifier = createVerifier();
  const back = await gateway.signIn("peer", verifier);
  expect(`${back.origin}${back.pathname}`).toBe("https://shop.test/signed-in");
  expect([back.searchParams.get("from"), back.searchParams.get("state")]).toEqual(["here", "client state"]);
  const code = back.searchParams.get("code") ?? "";
  const answer = await gateway.redeem(code, verifier);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const grant = await grantOf(answer);
  expect(grant.user).toMatchObject({ email: "ana@shop.test", roles: ["customer"] });
  expect(await call("/jwt", grant.accessToken)).toBe(200);
  expect((await gateway.redeem(code, verifier)).status).toBe(401);
  const again = new URL((await gateway.signIn("peer", verifier)).href).searchParams.get("code") ?? "";
  expect((await grantOf(await gateway.redeem(again, verifier))).user.id).toBe(grant.user.id);
});

test("the client secret is read from its reference at each use", async () => {
  const { secrets } = gateway;
  const good = secrets.PEER_SECRET;
  secrets.PEER_SECRET = "one that was replaced";
  const answer = async () => (await gateway.signIn("peer", createVerifier())).searchParams;
  expect((await answer()).get("error")).toBe("server_error");
  secrets.PEER_SECRET = good;
  expect((await answer()).get("code")).not.toBeNull();
});

test("while the provider is down, a sign-in is 503 and can be started again later", async () => {
  gateway.peer.down = true;
  expect((await fetch(gateway.startUrl("away"), { redirect: "manual" })).status).toBe(503);
  gateway.peer.down = false;
  expect((await fetch(gateway.startUrl("away"), { redirect: "manual" })).status).toBe(302);
});

test("an existing user's address is linked only for trusted providers and verified addresses", async () => {
  const errorOf = async (provider: string) =>
    (await gateway.signIn(provider, createVerifier())).searchParams.get("error");
  gateway.peer.account = { id: "boss", email: "admin@shop.test", emailVerified: true };
  expect(await errorOf("peer")).toBe("account_exists");
  gateway.peer.account = { id: "boss", email: "admin@shop.test", emailVerified: false };
  // an unverified address is ignored: the answer does not reveal whether a user has it
  expect(await errorOf("trusted")).toBe("unknown_user");
  gateway.peer.account = { id: "stranger", email: "stranger@shop.test", emailVerified: true };
  expect(await errorOf("trusted")).toBe("unknown_user");
  gateway.peer.account = { id: "boss", email: "admin@shop.test", emailVerified: true };
  const verifier = createVerifier();
  const code = (await gateway.signIn("trusted", verifier)).searchParams.get("code") ?? "";
  expect((await grantOf(await gateway.redeem(code, verifier))).user.roles).toEqual(["admin"]);
});

test("an unverified address is linked to no account", async () => {
  gateway.peer.account = { id: "liar", email: "victim@shop.test", emailVerified: false };
  const verifier = createVerifier();
  const code = (await gateway.signIn("peer", verifier)).searchParams.get("code") ?? "";
  expect((await grantOf(await gateway.redeem(code, verifier))).user.email).toEndWith("@peer.invalid");
});

test("a browser signs in from four tabs at the same time, and a fifth ends the first", async () => {
  const browser = new Browser();
  const tabs: string[] = [];
  for (let tab = 0; tab < 5; tab += 1)
    tabs.push((await browser.get(gateway.startUrl("peer"))).headers.get("location") ?? "");
  const [first = "", ...others] = tabs;
  const back = await browser.follow(first, `${gateway.callbacks}peer/callback`);
  expect((await browser.get(back)).status).toBe(400);
  for (const tab of others)
    expect(new URL(await browser.follow(tab, appUri)).searchParams.get("code")).toStartWith("cwc_");
});
