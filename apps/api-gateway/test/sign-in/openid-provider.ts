import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createTestKey, type TestKey } from "@libs/auth/testing";
import { freePort } from "@libs/testing";
import { Browser, challengeOf } from "./browser.ts";
import { type Configuration, type JWK, Provider } from "oidc-provider";

/** The provider's current user, and its claims. */
export interface ProviderAccount {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

export interface OpenidProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The current user. */
  account: ProviderAccount;
  /** Requests so far to a path. */
  count(path: string): number;
  /** Signs with a fresh key from now on; the old ones stay published, or go too. */
  rotate(keepOld: boolean): void;
  /** Answers everything with 503. */
  down: boolean;
  /** Publishes other keys than it signs with, under the same ids. */
  publishesOthers: boolean;
  /** Shows a page with a button before it signs anybody in. */
  asksFirst: boolean;
  /** An access token of the client itself: a JWT for the audience `shop`, or opaque. */
  clientToken(kind: "jwt" | "opaque"): Promise<string>;
  /** A refresh token of the current user. */
  refreshToken(): Promise<string>;
  close(): Promise<void>;
}

const clientId = "gateway";
const clientSecret = "the gateway's own secret at the provider";
const verifier = "v".repeat(43);
const loginPage = `<!doctype html><title>Provider</title><form method="post"><button>Go on</button></form>`;

/** `oidc-provider`, a certified implementation, on a real socket. Visitors are signed in as `account` at once. */
export async function startOpenidProvider(redirectUris: readonly string[]): Promise<OpenidProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const requests: string[] = [];
  let keys = [createTestKey("p1", "RS256")];
  let provider = create();

  function create(): Provider {
    return new Provider(
      issuer,
      configure(redirectUris, keys, () => peer.account),
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    requests.push(path);
    if (peer.down) {
      response.writeHead(503).end();
    } else if (peer.publishesOthers && path === "/jwks") {
      const others = keys.map(({ keyId }) => createTestKey(keyId, "RS256").jwk);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: others }));
    } else if (path.startsWith("/interaction/") && peer.asksFirst && request.method === "GET") {
      response.writeHead(200, { "content-type": "text/html" }).end(loginPage);
    } else if (path.startsWith("/interaction/")) {
      await provider.interactionFinished(request, response, { login: { accountId: peer.account.id } });
    } else {
      await provider.callback()(request, response);
    }
  }

  async function askForTokens(body: Record<string, string>) {
    const credentials = Buffer.from(`${clientId}:${encodeURIComponent(clientSecret)}`).toString("base64");
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${credentials}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(body),
    });
    const grant: { access_token: string; refresh_token?: string } = JSON.parse(await response.text());
    return grant;
  }

  const server = createServer((request, response) => void answer(request, response));
  const peer: OpenidProvider = {
    issuer,
    clientId,
    clientSecret,
    account: { id: "ana", email: "ana@shop.test", emailVerified: true },
    down: false,
    publishesOthers: false,
    asksFirst: false,
    count: (path) => requests.filter((requested) => requested === path).length,
    rotate(keepOld) {
      keys = [createTestKey(`p${keys.length + 1}-${crypto.randomUUID()}`, "RS256"), ...(keepOld ? keys : [])];
      provider = create();
    },
    async clientToken(kind) {
      const resource = kind === "jwt" ? { resource: "https://api.shop.test" } : {};
      return (await askForTokens({ grant_type: "client_credentials", ...resource })).access_token;
    },
    async refreshToken() {
      const [redirectUri = ""] = redirectUris;
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: "code",
        scope: "openid",
        code_challenge: challengeOf(verifier),
        code_challenge_method: "S256",
      });
      const back = new URL(await new Browser().follow(`${issuer}/auth?${query.toString()}`, redirectUri));
      const grant = await askForTokens({
        grant_type: "authorization_code",
        code: back.searchParams.get("code") ?? "",
        redirect_uri: redirectUri,
        code_verifier: verifier,
      });
      return grant.refresh_token ?? "";
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return peer;
}

function privateJwk(key: TestKey): JWK {
  return {
    ...key.privateKey.export({ format: "jwk" }),
    kid: key.keyId,
    alg: key.algorithm,
    use: "sig",
    kty: "RSA",
  };
}

function configure(
  redirectUris: readonly string[],
  keys: readonly TestKey[],
  account: () => ProviderAccount,
): Configuration {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        grant_types: ["authorization_code", "client_credentials", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: keys.map(privateJwk) },
    cookies: { keys: ["a key for the provider's cookies"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () =>
        Promise.resolve({ sub: id, email: account().email, email_verified: account().emailVerified }),
    }),
    async loadExistingGrant(context) {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({
        clientId: client?.clientId ?? "",
        accountId: session?.accountId ?? "",
      });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "",
          audience: "shop",
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  };
}
