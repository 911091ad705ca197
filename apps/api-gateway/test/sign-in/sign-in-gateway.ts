import { afterAll, afterEach } from "bun:test";
import type { TokenGrant } from "@libs/auth";
import { freePort } from "@libs/testing";
import { type AccessGateway, startAccessGateway } from "../support/access-gateway.ts";
import { Browser, challengeOf } from "./browser.ts";
import { type OpenidProvider, startOpenidProvider } from "./openid-provider.ts";

export const appUri = "https://shop.test/signed-in?from=here";
export const mobileUri = "shop.app:/signed-in";

/** A gateway with sign-in through a certified OpenID provider, whose tokens it also accepts. */
export interface SignInGateway {
  readonly peer: OpenidProvider;
  readonly running: AccessGateway;
  /** What the gateway's own secret at the provider is, as the gateway finds it. */
  readonly secrets: { PEER_SECRET: string };
  /** The beginning of the gateway's callback URL. */
  readonly callbacks: string;
  startUrl(provider: string, changes?: Readonly<Record<string, string>>): string;
  /** Completes a sign-in as a browser: to the provider and back to the app. @returns the app's final URL */
  signIn(provider: string, verifier: string, browser?: Browser): Promise<URL>;
  /** The provider's answer, on its way to the gateway's callback. */
  callbackOf(browser: Browser, provider?: string): Promise<string>;
  redeem(code: string, codeVerifier: string, extra?: object): Promise<Response>;
  close(): Promise<void>;
}

/** What a test has otherwise. */
export interface SignInChanges {
  readonly redirectUris?: readonly string[];
  /** Beside those that are there. */
  readonly identity?: object;
  readonly routes?: readonly object[];
}

export async function startSignInGateway(
  change: (publicUrl: string) => SignInChanges = () => ({}),
): Promise<SignInGateway> {
  // the callback's address must be known to the provider before the gateway listens
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const callbacks = `${publicUrl}/auth/oauth/`;
  const { redirectUris = [appUri, mobileUri], identity = {}, routes = [] } = change(publicUrl);
  const peer = await startOpenidProvider([`${callbacks}peer/callback`, `${callbacks}trusted/callback`]);
  const secrets = { PEER_SECRET: peer.clientSecret };
  const running = await startAccessGateway(
    () => {
      const config = configOf(peer, publicUrl, redirectUris);
      return {
        ...config,
        identity: { ...config.identity, ...identity },
        routes: [...config.routes, ...routes],
      };
    },
    { port, env: secrets },
  );
  const startUrl: SignInGateway["startUrl"] = (provider, changes = {}) => {
    const query = new URLSearchParams({
      redirect_uri: redirectUris[0] ?? "",
      code_challenge: challengeOf("v".repeat(43)),
      code_challenge_method: "S256",
      state: "client state",
      ...changes,
    });
    return `${callbacks}${provider}/start?${query.toString()}`;
  };
  return {
    peer,
    running,
    secrets,
    callbacks,
    startUrl,
    async signIn(provider, verifier, browser = new Browser()) {
      const url = startUrl(provider, { code_challenge: challengeOf(verifier) });
      return new URL(await browser.follow(url, redirectUris[0] ?? ""));
    },
    callbackOf: (browser, provider = "peer") =>
      browser.follow(startUrl(provider), `${callbacks}${provider}/callback?`),
    redeem: (code, codeVerifier, extra = {}) =>
      fetch(`${callbacks}token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code, codeVerifier, ...extra }),
      }),
    async close() {
      await running.close();
      await peer.close();
    },
  };
}

/** For the tests of a file: each finds the provider as it was at first, and after them it is closed. */
export async function openSignInGateway(): Promise<SignInGateway> {
  const gateway = await startSignInGateway();
  const { account } = gateway.peer;
  afterEach(() => {
    gateway.peer.down = false;
    gateway.peer.account = account;
  });
  afterAll(() => gateway.close());
  return gateway;
}

export async function grantOf(response: Response): Promise<TokenGrant> {
  return JSON.parse(await response.text());
}

function configOf(peer: OpenidProvider, publicUrl: string, redirectUris: readonly string[]) {
  const { issuer, clientId } = peer;
  const clientSecret = { env: "PEER_SECRET" };
  const provider = { issuer, clientId, clientSecret, redirectUris };
  const route = (id: string, identity: readonly string[]) => ({
    id,
    match: { path: `/${id}` },
    service: "echo",
    policies: [{ type: "authenticate", with: identity }],
  });
  return {
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
      peer: { type: "oidc", issuer, audience: "shop", refreshMs: 60_000, staleIfErrorMs: 600_000 },
      opaque: {
        type: "introspection",
        url: `${issuer}/token/introspection`,
        clientId,
        clientSecret,
        cacheMs: 10_000,
        staleIfErrorMs: 60_000,
        claims: { subject: "client_id" },
      },
    },
    routes: [route("jwt", ["platform", "peer"]), route("opaque", ["opaque"])],
  };
}
