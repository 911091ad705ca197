import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import type { ExternalAccount } from "@libs/auth";
import { isLoopbackHost } from "@libs/ip";
import type { ReadSecret } from "../../model/config/secret-reference.ts";
import type { SignInProvider } from "./schema.ts";

export interface StartedSignIn {
  /** The URL that the browser is redirected to. */
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const timeoutSeconds = 5;

/** One provider, through `openid-client`: a single discovery, authorization code with PKCE, state and nonce, verified ID token. */
export class ProviderClient {
  readonly #name: string;
  readonly #provider: SignInProvider;
  readonly #callbackUrl: string;
  readonly #readSecret: ReadSecret;
  #configuration: Promise<Configuration> | null = null;

  constructor(
    name: string,
    provider: SignInProvider,
    options: { readonly callbackUrl: string; readonly readSecret: ReadSecret },
  ) {
    this.#name = name;
    this.#provider = provider;
    this.#callbackUrl = options.callbackUrl;
    this.#readSecret = options.readSecret;
  }

  /** Rejects where the provider is unreachable. */
  async start(): Promise<StartedSignIn> {
    const configuration = await this.#discover();
    const started = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#callbackUrl,
      scope: this.#provider.scopes.join(" "),
      state: started.state,
      nonce: started.nonce,
      code_challenge: await calculatePKCECodeChallenge(started.verifier),
      code_challenge_method: "S256",
    });
    return { ...started, url: url.href };
  }

  /** Exchanges the code of a callback. Rejects where state, nonce, issuer, audience, time or signature is wrong. */
  async finish(query: string, expected: Omit<StartedSignIn, "url">): Promise<ExternalAccount> {
    const configuration = await this.#discover();
    const callback = new URL(`${this.#callbackUrl}?${query}`);
    const tokens = await authorizationCodeGrant(configuration, callback, {
      pkceCodeVerifier: expected.verifier,
      expectedState: expected.state,
      expectedNonce: expected.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error("the provider gave no ID token");
    const { sub, email, email_verified: verified } = claims;
    return {
      provider: this.#name,
      subject: sub,
      email: typeof email === "string" ? email : null,
      emailVerified: verified === true,
    };
  }

  /** A failed discovery is retried by the next sign-in. */
  #discover(): Promise<Configuration> {
    this.#configuration ??= this.#ask().catch((error: unknown) => {
      this.#configuration = null;
      throw error;
    });
    return this.#configuration;
  }

  #ask(): Promise<Configuration> {
    const { issuer, clientId, clientSecret, allowHttp } = this.#provider;
    const url = new URL(issuer);
    const mayBePlain = allowHttp || isLoopbackHost(url.hostname);
    // without it the package relies on TLS alone for ID tokens, which `allowHttp` does without
    const execute = [enableNonRepudiationChecks];
    if (url.protocol === "http:" && mayBePlain) execute.push(allowInsecureRequests);
    const signed = (): ClientAuth => ClientSecretBasic(this.#readSecret(clientSecret));
    // reads the key now: a missing one is noticed before the browser is redirected, and a replaced one is picked up
    signed();
    const authentication: ClientAuth = (...asked) => signed()(...asked);
    return discovery(url, clientId, undefined, authentication, { execute, timeout: timeoutSeconds });
  }
}
