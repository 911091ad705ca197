import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { TokenGrant } from "@libs/auth";
import { type AccessGateway, startAccessGateway } from "./access-gateway.ts";
import { type OpenidProvider, startOpenidProvider } from "./openid-provider.ts";
import { freePort } from "@libs/testing";

/** The gateway beside a certified OpenID provider: its keys, its outage, its introspection, and signing in with it. */
const appUri = "https://shop.test/signed-in?from=here";
const mobileUri = "shop.app:/signed-in";
let peer: OpenidProvider;
let running: AccessGateway;

beforeAll(async () => {
  // the callback's address must be known to the provider before the gateway listens: a public name that nobody resolves
  const publicUrl = `http://127.0.0.1:${await freePort()}`;
  peer = await startOpenidProvider([
    `${publicUrl}/auth/oauth/peer/callback`,
    `${publicUrl}/auth/oauth/trusted/callback`,
  ]);
  const provider = {
    issuer: peer.issuer,
    clientId: peer.clientId,
    clientSecret: { env: "PEER_SECRET" },
    redirectUris: [appUri, mobileUri],
  };
  running = await startAccessGateway(
    () => ({
      signIn: {
        publicUrl,
        providers: {
          peer: provider,
          away: provider,
          trusted: { ...provider, linkByEmail: true, createUsers: false },
        },
      },
      identity: {
        platform: { type: "local" },
        peer: {
          type: "oidc",
          issuer: peer.issuer,
          audience: "shop",
          refreshMs: 60_000,
          staleIfErrorMs: 600_000,
        },
        opaque: {
          type: "introspection",
          url: `${peer.issuer}/token/introspection`,
          clientId: peer.clientId,
          clientSecret: { env: "PEER_SECRET" },
          cacheMs: 10_000,
          staleIfErrorMs: 60_000,
          claims: { subject: "client_id" },
        },
      },
      routes: [
        {
          id: "jwt",
          match: { path: "/jwt" },
          service: "echo",
          policies: [{ type: "authenticate", with: ["platform", "peer"] }],
        },
        {
          id: "opaque",
          match: { path: "/opaque" },
          service: "echo",
          policies: [{ type: "authenticate", with: ["opaque"] }],
        },
      ],
    }),
    { env: { PEER_SECRET: peer.clientSecret } },
  );
});
afterEach(() => {
  peer.down = false;
  peer.account = { id: "ana", email: "ana@shop.test", emailVerified: true };
});
afterAll(async () => {
  await running.close();
  await peer.close();
});

const call = async (path: string, token: string) =>
  (await fetch(running.url(path), { headers: { authorization: `Bearer ${token}` } })).status;

describe("tokens of the provider", () => {
  test("are known by discovery, through rotations under load without one refusal", async () => {
    expect(await call("/jwt", await peer.clientToken("jwt"))).toBe(200);
    for (let round = 0; round < 3; round += 1) {
      const before = await peer.clientToken("jwt");
      peer.rotate(true);
      const after = await peer.clientToken("jwt");
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, index) => call("/jwt", index % 2 === 0 ? before : after)),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(peer.count("/jwks")).toBe(4);
  });

  test("of a key that the provider has taken away are refused once its keys were fetched again", async () => {
    const old = await peer.clientToken("jwt");
    expect(await call("/jwt", old)).toBe(200);
    peer.rotate(false);
    await running.clock.advance(60_001);
    expect(await call("/jwt", await peer.clientToken("jwt"))).toBe(200);
    expect(await call("/jwt", old)).toBe(401);
  });

  test("stay good through an outage for the stated time, and new ones are 503, never 401 and never let in", async () => {
    const known = await peer.clientToken("jwt");
    const fresh = await peer.clientToken("jwt");
    expect(await call("/jwt", known)).toBe(200);
    peer.rotate(true);
    const unknownKey = await peer.clientToken("jwt");
    peer.down = true;
    expect(await call("/jwt", known)).toBe(200);
    expect(await call("/jwt", fresh)).toBe(200);
    expect(await call("/jwt", unknownKey)).toBe(503);
    peer.down = false;
    await running.clock.advance(1001);
    expect(await call("/jwt", unknownKey)).toBe(200);
  });
});

describe("opaque tokens", () => {
  test("are introspected, remembered, and outlive an outage for the stated time only", async () => {
    const token = await peer.clientToken("opaque");
    const asked = peer.count("/token/introspection");
    expect([await call("/opaque", token), await call("/opaque", token)]).toEqual([200, 200]);
    expect(peer.count("/token/introspection")).toBe(asked + 1);
    expect(await call("/opaque", "made-up")).toBe(401);
    peer.down = true;
    await running.clock.advance(30_000);
    expect(await call("/opaque", token)).toBe(200);
    expect(await call("/opaque", `${token}x`)).toBe(503);
    await running.clock.advance(30_001);
    expect(await call("/opaque", token)).toBe(503);
  });
});

/** A browser: it keeps cookies by host and follows nothing by itself. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async get(url: string): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";", 1)[0] ?? "").split(/=(.*)/s);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows the provider's redirects until one leads to the gateway's callback, which it gives without going there. */
  async signInAt(location: string): Promise<string> {
    let url = location;
    for (let hop = 0; hop < 10; hop += 1) {
      if (url.includes("/callback?")) return url.replace(/^http:\/\/127\.0\.0\.1:\d+/, running.url(""));
      const response = await this.get(url);
      url = new URL(response.headers.get("location") ?? "", url).href;
    }
    throw new Error("the provider never came to an end");
  }
}

const createVerifier = () => randomBytes(32).toString("base64url");
const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");
const startUrl = (provider: string, changes: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    redirect_uri: appUri,
    code_challenge: challengeOf("v".repeat(43)),
    code_challenge_method: "S256",
    state: "client state",
    ...changes,
  });
  return running.url(`/auth/oauth/${provider}/start?${query.toString()}`);
};
const locationOf = (response: Response) => response.headers.get("location") ?? "";

async function signIn(provider: string, verifier: string, browser = new Browser()): Promise<URL> {
  const started = await browser.get(startUrl(provider, { code_challenge: challengeOf(verifier) }));
  const callback = await browser.signInAt(locationOf(started));
  return new URL(locationOf(await browser.get(callback)));
}

const redeem = (code: string, codeVerifier: string) =>
  fetch(running.url("/auth/oauth/token"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, codeVerifier }),
  });
const grantOf = async (response: Response): Promise<TokenGrant> => JSON.parse(await response.text());

describe("signing in with the provider", () => {
  test("comes back to the caller with a code, which its verifier turns into the platform's tokens, once", async () => {
    const verifier = createVerifier();
    const back = await signIn("peer", verifier);
    expect(`${back.origin}${back.pathname}`).toBe("https://shop.test/signed-in");
    expect([back.searchParams.get("from"), back.searchParams.get("state")]).toEqual(["here", "client state"]);
    const code = back.searchParams.get("code") ?? "";
    const answer = await redeem(code, verifier);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const grant = await grantOf(answer);
    expect(grant.user).toMatchObject({ email: "ana@shop.test", roles: ["customer"] });
    expect(await call("/jwt", grant.accessToken)).toBe(200);
    expect((await redeem(code, verifier)).status).toBe(401);
    const again = new URL((await signIn("peer", verifier)).href).searchParams.get("code") ?? "";
    expect((await grantOf(await redeem(again, verifier))).user.id).toBe(grant.user.id);
  });

  test("a code is no good without its verifier, after a wrong one, or after its minute", async () => {
    const verifier = createVerifier();
    const codeOf = async () => (await signIn("peer", verifier)).searchParams.get("code") ?? "";
    const stolen = await codeOf();
    expect((await redeem(stolen, createVerifier())).status).toBe(401);
    expect((await redeem(stolen, verifier)).status).toBe(401);
    const late = await codeOf();
    await running.clock.advance(60_000);
    expect((await redeem(late, verifier)).status).toBe(401);
    expect((await redeem("cwc_x", verifier)).status).toBe(401);
  });

  test("a stolen callback is worth nothing in another browser, with another state, or for another provider", async () => {
    const victim = new Browser();
    const started = await victim.get(startUrl("peer"));
    const callback = await victim.signInAt(locationOf(started));
    expect((await new Browser().get(callback)).status).toBe(400);
    const attacker = new Browser();
    await attacker.get(startUrl("peer"));
    expect((await attacker.get(callback)).status).toBe(400);
    expect((await victim.get(callback.replace(/state=[^&]+/, "state=other"))).status).toBe(400);
    expect((await victim.get(`${callback}&state=other`)).status).toBe(400);
    expect((await victim.get(callback.replace("/peer/", "/trusted/"))).status).toBe(400);
    expect(
      running.log.lines.filter((line) => line["security"] === "sign_in_refused").length,
    ).toBeGreaterThanOrEqual(4);
    expect((await victim.get(callback)).status).toBe(302);
    expect((await victim.get(callback)).status).toBe(400);
  });

  test("what the provider did not say is not believed: a made-up code, another issuer, an error", async () => {
    const outcomeOf = async (change: (callback: string) => string) => {
      const browser = new Browser();
      const callback = await browser.signInAt(locationOf(await browser.get(startUrl("peer"))));
      return new URL(locationOf(await browser.get(change(callback)))).searchParams.get("error");
    };
    expect(await outcomeOf((callback) => callback.replace(/code=[^&]+/, "code=made-up"))).toBe(
      "server_error",
    );
    expect(
      await outcomeOf((callback) => callback.replace(/iss=[^&]+/, "iss=https%3A%2F%2Fevil.example")),
    ).toBe("server_error");
    expect(await outcomeOf((callback) => callback.replace(/code=[^&]+/, "error=access_denied"))).toBe(
      "access_denied",
    );
  });

  test("nobody is sent anywhere but to a place of the list", async () => {
    const places = [
      "https://evil.example",
      `${appUri}/`,
      `${appUri}&x=1`,
      "https://shop.test/signed-in",
      "//evil.example",
      "https://shop.test@evil.example/signed-in?from=here",
      "javascript:alert(1)",
    ];
    for (const redirect_uri of places) {
      const answer = await fetch(startUrl("peer", { redirect_uri }), { redirect: "manual" });
      expect([redirect_uri, answer.status, answer.headers.get("location")]).toEqual([
        redirect_uri,
        400,
        null,
      ]);
    }
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
      const answer = await fetch(running.url("/auth/oauth/peer/callback?code=c&state=s"), {
        redirect: "manual",
        headers: { cookie: `cartway-sign-in=${cookie}` },
      });
      expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
    }
  });

  test("a caller without PKCE of S256 is refused", async () => {
    const refused = [
      { code_challenge_method: "plain" },
      { code_challenge: "short" },
      { code_challenge: "!".repeat(43) },
    ];
    for (const changes of refused)
      expect((await fetch(startUrl("peer", changes), { redirect: "manual" })).status).toBe(400);
    expect((await fetch(startUrl("nobody"), { redirect: "manual" })).status).toBe(404);
    expect((await fetch(startUrl("constructor"), { redirect: "manual" })).status).toBe(404);
  });

  test("while the provider is away, a sign-in is 503 and can be begun again later", async () => {
    peer.down = true;
    expect((await fetch(startUrl("away"), { redirect: "manual" })).status).toBe(503);
    peer.down = false;
    expect((await fetch(startUrl("away"), { redirect: "manual" })).status).toBe(302);
  });

  test("an address that another user has is taken over only where the provider is trusted with it, and verified", async () => {
    const errorOf = async (provider: string) =>
      (await signIn(provider, createVerifier())).searchParams.get("error");
    peer.account = { id: "boss", email: "admin@shop.test", emailVerified: true };
    expect(await errorOf("peer")).toBe("account_exists");
    peer.account = { id: "boss", email: "admin@shop.test", emailVerified: false };
    expect(await errorOf("trusted")).toBe("account_exists");
    peer.account = { id: "stranger", email: "stranger@shop.test", emailVerified: true };
    expect(await errorOf("trusted")).toBe("unknown_user");
    peer.account = { id: "boss", email: "admin@shop.test", emailVerified: true };
    const verifier = createVerifier();
    const code = (await signIn("trusted", verifier)).searchParams.get("code") ?? "";
    expect((await grantOf(await redeem(code, verifier))).user.roles).toEqual(["admin"]);
  });

  test("an address that nobody verified becomes nobody's account", async () => {
    peer.account = { id: "liar", email: "victim@shop.test", emailVerified: false };
    const verifier = createVerifier();
    const code = (await signIn("peer", verifier)).searchParams.get("code") ?? "";
    expect((await grantOf(await redeem(code, verifier))).user.email).toEndWith("@peer.invalid");
  });
});
