import { randomBytes } from "node:crypto";
import { expect, test } from "bun:test";
import { expectRefused } from "../attacks/attacked-gateway.ts";
import { Browser, challengeOf } from "./browser.ts";
import { appUri, openSignInGateway, startSignInGateway } from "./sign-in-gateway.ts";

/** Attacks on the sign-in flow, all of which must fail. */
const gateway = await openSignInGateway();

const createVerifier = () => randomBytes(32).toString("base64url");
const ask = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, { redirect: "manual", headers });
const locationOf = (response: Response) => response.headers.get("location") ?? "";

/** Expects a refusal without a redirect, recorded without the presented values. */
const expectNowhere = (ask: () => Promise<Response>, secret: string) =>
  expectRefused(
    gateway.running,
    async () => {
      const answer = await ask();
      expect(answer.headers.get("location")).toBeNull();
      return answer;
    },
    { status: 400, secret },
  );

test("a code is refused without its verifier, after a wrong one, or after a minute, and each attempt is reported", async () => {
  const { events } = gateway.running;
  const verifier = createVerifier();
  const codeOf = async () => (await gateway.signIn("peer", verifier)).searchParams.get("code") ?? "";
  const stolen = await codeOf();
  expect((await gateway.redeem(stolen, createVerifier())).status).toBe(401);
  expect((await gateway.redeem(stolen, verifier)).status).toBe(401);
  const late = await codeOf();
  await gateway.running.clock.advance(60_000);
  expect((await gateway.redeem(late, verifier)).status).toBe(401);
  expect((await gateway.redeem("cwc_x", verifier)).status).toBe(401);
  const refused = events.filter(({ kind }) => kind === "sign_in_refused");
  expect(refused).toHaveLength(4);
  expect(JSON.stringify(refused)).not.toContain(stolen);
});

test("a stolen callback is refused in another browser, with another state, or for another provider", async () => {
  const victim = new Browser();
  const callback = await gateway.callbackOf(victim);
  const code = new URL(callback).searchParams.get("code") ?? "";
  const attacker = new Browser();
  await attacker.get(gateway.startUrl("peer"));
  for (const thief of [new Browser(), attacker]) await expectNowhere(() => thief.get(callback), code);
  const bent = [
    callback.replace(/state=[^&]+/, "state=other"),
    callback.replace(/state=[^&]+/, ""),
    `${callback}&state=other`,
    callback.replace("/peer/", "/trusted/"),
  ];
  for (const url of bent) await expectNowhere(() => victim.get(url), code);
  expect((await victim.get(callback)).status).toBe(302);
  await expectNowhere(() => victim.get(callback), code);
});

test("an ID token that the provider's keys did not sign is refused, wherever it came from", async () => {
  const other = await startSignInGateway();
  other.peer.publishesOthers = true;
  const back = await other.signIn("peer", createVerifier());
  expect([back.searchParams.get("error"), back.searchParams.get("code")]).toEqual(["server_error", null]);
  await other.close();
});

test("a callback that the provider did not send is refused: an invented code, another issuer, an error", async () => {
  const outcomeOf = async (change: (callback: string) => string) => {
    const browser = new Browser();
    const callback = await gateway.callbackOf(browser);
    return new URL(locationOf(await browser.get(change(callback)))).searchParams.get("error");
  };
  expect(await outcomeOf((callback) => callback.replace(/code=[^&]+/, "code=made-up"))).toBe("server_error");
  expect(gateway.running.log.text()).toContain("answer_does_not_hold");
  expect(gateway.running.log.text()).not.toContain("made-up");
  expect(await outcomeOf((callback) => callback.replace(/iss=[^&]+/, "iss=https%3A%2F%2Fevil.example"))).toBe(
    "server_error",
  );
  // the provider declares that it identifies itself (RFC 9207): an answer without that is another's
  expect(await outcomeOf((callback) => callback.replace(/&?iss=[^&]+/, ""))).toBe("server_error");
  expect(await outcomeOf((callback) => `${callback}&code=second`)).toBe("server_error");
  expect(await outcomeOf((callback) => callback.replace(/code=[^&]+/, "error=access_denied"))).toBe(
    "access_denied",
  );
});

test("redirects lead only to allowed addresses", async () => {
  const places = [
    "https://evil.example",
    `${appUri}/`,
    `${appUri}&x=1`,
    "https://shop.test/signed-in",
    "//evil.example",
    "https://shop.test@evil.example/signed-in?from=here",
    "javascript:alert(1)",
  ];
  for (const redirect_uri of places)
    await expectNowhere(() => ask(gateway.startUrl("peer", { redirect_uri })), redirect_uri);
  const planted = Buffer.from(
    JSON.stringify({
      provider: "peer",
      state: "s",
      nonce: "n",
      verifier: "v",
      redirectUri: "https://evil.example",
      challenge: challengeOf("v"),
      clientState: "",
    }),
  ).toString("base64url");
  for (const cookie of [planted, "%%%", Buffer.from("[]").toString("base64url"), "x".repeat(5000)]) {
    const headers = { cookie: `cartway-sign-in-s=${cookie}` };
    await expectNowhere(() => ask(`${gateway.callbacks}peer/callback?code=c&state=s`, headers), cookie);
  }
});

test("a caller without PKCE S256 is refused", async () => {
  const refused = [
    { code_challenge_method: "plain" },
    { code_challenge: "short" },
    { code_challenge: "!".repeat(43) },
  ];
  for (const changes of refused)
    await expectNowhere(() => ask(gateway.startUrl("peer", changes)), Object.values(changes)[0] ?? "");
  expect((await ask(gateway.startUrl("nobody"))).status).toBe(404);
  expect((await ask(gateway.startUrl("constructor"))).status).toBe(404);
});
