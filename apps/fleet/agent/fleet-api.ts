import { messageOf } from "@libs/errors";
import type { UnsentResult } from "./agent-state.ts";

/** An error answer of the fleet. `status` 0: no answer arrived. */
export class FleetApiError extends Error {
  override readonly name = "FleetApiError";
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same call can succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Whether what was sent is at fault: too large, or of a content that cannot be stored. */
  get isOfContent(): boolean {
    return this.status === 400 || this.status === 413 || this.status === 422;
  }
}

export interface ClaimAsked {
  readonly max: number;
  readonly visibilityMs: number;
}

export interface HeldCommand {
  readonly id: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly claimToken: string;
  /** ISO 8601 */
  readonly claimedUntil: string;
}

export interface Heartbeat {
  readonly status: "ok" | "degraded" | "failing";
  readonly agentVersion: string;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface FleetApiOptions {
  /** Of the gateway: `https://shop.example`. */
  readonly url: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const callMs = 15_000;

/** The fleet's device API over HTTP. Logs in by itself, and again when its token has expired. */
export class FleetApi {
  readonly #base: string;
  readonly #fetch: (url: string, init: RequestInit) => Promise<Response>;
  #credentials: { readonly deviceId: string; readonly secret: string } | null = null;
  #token: Promise<string> | null = null;

  constructor({ url, fetch = globalThis.fetch }: FleetApiOptions) {
    this.#base = `${url.replace(/\/$/, "")}/api/v1/device`;
    this.#fetch = fetch;
  }

  useCredentials(deviceId: string, secret: string): void {
    this.#credentials = { deviceId, secret };
    this.#token = null;
  }

  async register(activationCode: string): Promise<{ readonly deviceId: string; readonly secret: string }> {
    const answer = await this.#call("POST", "/register", { body: { activationCode } });
    return answer as { deviceId: string; secret: string };
  }

  /** The current token, for the socket. */
  async token(): Promise<string> {
    this.#token ??= this.#logIn();
    return await this.#token;
  }

  async heartbeat(heartbeat: Heartbeat): Promise<void> {
    await this.#authorized("POST", "/heartbeat", { body: heartbeat });
  }

  /** Resolves when something can be claimed, or after `waitSeconds`. @returns whether there is something */
  async waitForCommands(waitSeconds: number, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#authorized("GET", `/commands?max=1&wait=${waitSeconds}`, {
      signal,
      waitMs: waitSeconds * 1000,
    });
    return (answer as { commands: readonly unknown[] }).commands.length > 0;
  }

  async claim(asked: ClaimAsked): Promise<readonly HeldCommand[]> {
    const answer = await this.#authorized("POST", "/commands/claim", { body: asked });
    return (answer as { commands: readonly HeldCommand[] }).commands;
  }

  async extend({ id, claimToken }: HeldCommand, visibilityMs: number): Promise<void> {
    await this.#authorized("POST", `/commands/${id}/extend`, { body: { claimToken, visibilityMs } });
  }

  async report({ commandId, ...result }: UnsentResult): Promise<void> {
    await this.#authorized("POST", `/commands/${commandId}/result`, { body: result });
  }

  async #logIn(): Promise<string> {
    try {
      if (this.#credentials === null) throw new FleetApiError(401, "the agent has not registered");
      const answer = await this.#call("POST", "/auth", { body: this.#credentials });
      return (answer as { token: string }).token;
    } catch (error) {
      this.#token = null;
      throw error;
    }
  }

  async #authorized(method: string, path: string, options: CallOptions): Promise<unknown> {
    const used = this.token();
    try {
      return await this.#call(method, path, { ...options, token: await used });
    } catch (error) {
      if (!(error instanceof FleetApiError) || error.status !== 401) throw error;
      // the token expired or was revoked: one retry with a fresh token tells which
      if (this.#token !== null && (await this.#token) === (await used)) this.#token = null;
      return await this.#call(method, path, { ...options, token: await this.token() });
    }
  }

  async #call(
    method: string,
    path: string,
    { body, token, signal, waitMs = 0 }: CallOptions,
  ): Promise<unknown> {
    const timeout = AbortSignal.timeout(callMs + waitMs);
    const response = await this.#fetch(`${this.#base}${path}`, {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    }).catch(unanswered);
    // an answer that breaks off, or a page of some network in between, is no answer
    if (response.ok) return await response.json().catch(unanswered);
    const text = await response.text().catch(() => "");
    throw new FleetApiError(
      response.status,
      refusalIn(text) ?? `the fleet answered ${response.status}`,
      retryAfterMsOf(response),
    );
  }
}

interface CallOptions {
  readonly body?: object;
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly waitMs?: number;
}

function unanswered(error: unknown): never {
  throw new FleetApiError(0, messageOf(error));
}

/** 0 for a date, which a proxy may give: the agent's own backoff follows. */
function retryAfterMsOf({ headers }: Response): number {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : 0;
}

function refusalIn(text: string): string | undefined {
  return /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
}
