import { isChallenge, readCookie, type SignInGrants } from "@libs/auth";
import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import type { ReadSecret } from "../../model/config/secret-reference.ts";
import { clearFlowCookie, flowCookieName, parseFlow, type SignInFlow, setFlowCookie } from "./flow-cookie.ts";
import { ProviderClient } from "./provider-client.ts";
import type { SignInConfig, SignInProvider } from "./schema.ts";

export interface SignInDeps {
  readonly grants: Pick<SignInGrants, "grant">;
  /** The current config; `null` where it has no sign-in. */
  readonly config: () => SignInConfig | null;
  readonly readSecret: ReadSecret;
  readonly logger: Logger;
  readonly securityEvents: SecurityEvents;
}

export interface SignInRequest {
  readonly provider: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly challengeMethod: string;
  /** Returned with the answer, unchanged. */
  readonly clientState: string;
  /** The browser's, with the sign-ins that it has in progress. */
  readonly cookies: string | null;
  readonly address: string;
}

/** Bound on concurrent checks with providers: each takes a connection, and anyone with a forged cookie can trigger one. */
const checksMax = 64;

/** The browser's request when it returns from the provider. */
export interface SignInCallback {
  readonly provider: string;
  /** Without the question mark. */
  readonly query: string;
  readonly cookies: string | null;
  readonly address: string;
}

/**
 * Sign-in with another provider. The caller starts with a PKCE challenge of its own and a URL to return to; there it receives a code,
 * which it exchanges with its verifier for the platform's tokens. URLs never contain a token.
 */
export class SignIn {
  readonly #deps: SignInDeps;
  #checks = 0;
  /** By name, with the settings each was created from: discovery is kept across reloads that leave a provider unchanged. */
  readonly #clients = new Map<string, { readonly madeFrom: string; readonly client: ProviderClient }>();

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  /** Redirects to the provider. Throws `not_found` for an unknown one, `bad_request` for an invalid request. */
  async start(request: SignInRequest): Promise<Response> {
    const { config, provider, client } = this.#find(request.provider);
    if (!provider.redirectUris.includes(request.redirectUri)) {
      this.#report(request, "redirect_not_allowed");
      throw new CartwayError("bad_request", {
        message: "The redirect_uri is not allowed.",
      });
    }
    if (request.challengeMethod !== "S256" || !isChallenge(request.challenge)) {
      this.#report(request, "no_proper_challenge");
      throw new CartwayError("bad_request", { message: "A code_challenge of the method S256 is required." });
    }
    const { url, state, nonce, verifier } = await this.#ask(request.provider, () => client.start());
    const { redirectUri, challenge, clientState } = request;
    const flow: SignInFlow = {
      provider: request.provider,
      state,
      nonce,
      verifier,
      redirectUri,
      challenge,
      clientState,
    };
    return redirect(url, setFlowCookie(flow, isSecure(config), request.cookies));
  }

  /**
   * Redirects back to the caller, with a code or an error. Throws `bad_request` where this browser has no sign-in in progress,
   * `overloaded` where too many are being checked.
   */
  async finish(callback: SignInCallback): Promise<Response> {
    const { provider: name, query, cookies } = callback;
    const { config, provider, client } = this.#find(name);
    const [state = "", ...more] = new URLSearchParams(query).getAll("state");
    const cookieName = flowCookieName(state, isSecure(config));
    const flow = parseFlow(cookies === null ? null : readCookie(cookies, cookieName));
    const isOurs =
      flow !== null &&
      flow.provider === name &&
      more.length === 0 &&
      state === flow.state &&
      provider.redirectUris.includes(flow.redirectUri) &&
      isChallenge(flow.challenge);
    if (!isOurs) {
      this.#report(callback, "not_begun_here");
      throw new CartwayError("bad_request", {
        message: "This sign-in was not started here, or has expired. Start again.",
      });
    }
    if (this.#checks >= checksMax)
      throw new CartwayError("overloaded", {
        retryAfterSeconds: 2,
        internal: "too many sign-ins are being verified",
      });
    this.#checks += 1;
    const answer = await this.#complete(callback, provider, client, flow).finally(() => {
      this.#checks -= 1;
    });
    return redirect(withAnswer(flow, answer), [clearFlowCookie(flow, isSecure(config))]);
  }

  async #complete(
    callback: SignInCallback,
    provider: SignInProvider,
    client: ProviderClient,
    flow: SignInFlow,
  ): Promise<Readonly<Record<string, string>>> {
    const { grants, logger } = this.#deps;
    if (new URLSearchParams(callback.query).has("error")) return { error: "access_denied" };
    try {
      const account = await client.finish(callback.query, flow);
      const granted = await grants.grant(account, provider, flow.challenge);
      if (granted.outcome === "granted") return { code: granted.code };
      this.#report(callback, granted.reason);
      return { error: granted.reason };
    } catch (error) {
      if (error instanceof CartwayError) throw error;
      this.#report(callback, "answer_does_not_hold");
      // not the whole error, which contains the provider's answer including the code
      const internal = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      logger.warn({ provider: callback.provider, internal }, "a sign-in provider's response is invalid");
      return { error: "server_error" };
    }
  }

  #report({ provider, address }: Pick<SignInRequest, "provider" | "address">, reason: string): void {
    const { securityEvents } = this.#deps;
    securityEvents.report({ kind: "sign_in_refused", route: "auth", reason, address, details: { provider } });
  }

  #find(name: string): { config: SignInConfig; provider: SignInProvider; client: ProviderClient } {
    const config = this.#deps.config();
    const provider =
      config !== null && Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
    if (config === null || provider === undefined) throw new CartwayError("not_found");
    return { config, provider, client: this.#clientOf(name, config, provider) };
  }

  /** One client per provider of the current config; those of removed providers are dropped. */
  #clientOf(name: string, { publicUrl, providers }: SignInConfig, provider: SignInProvider): ProviderClient {
    const callbackUrl = `${publicUrl}/auth/oauth/${name}/callback`;
    const madeFrom = JSON.stringify([callbackUrl, provider]);
    const before = this.#clients.get(name);
    if (before?.madeFrom === madeFrom) return before.client;
    for (const known of this.#clients.keys())
      if (!Object.hasOwn(providers, known)) this.#clients.delete(known);
    const { readSecret } = this.#deps;
    const client = new ProviderClient(name, provider, { callbackUrl, readSecret });
    this.#clients.set(name, { madeFrom, client });
    return client;
  }

  async #ask<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new CartwayError("identity_unavailable", {
        internal: `the provider ${name} cannot be asked`,
        cause: error,
      });
    }
  }
}

function isSecure({ publicUrl }: SignInConfig): boolean {
  return publicUrl.startsWith("https:");
}

function withAnswer(flow: SignInFlow, answer: Readonly<Record<string, string>>): string {
  const url = new URL(flow.redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (flow.clientState !== "") url.searchParams.set("state", flow.clientState);
  return url.href;
}

function redirect(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 302, headers });
}
