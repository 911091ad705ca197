import type { RequestTarget } from "../exchange/exchange.ts";

/** The request that credentials came with, for services whose decision depends on it. */
export interface OriginalRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: string;
  /** As forwarded to services: `x-forwarded-*`, `via` and `x-request-id` are set by the gateway. */
  readonly upstreamHeaders: { get(name: string): string | null };
}

/** A caller's credentials, over HTTP or at a WebSocket's upgrade. Read by identities; MUST NOT be logged. */
export interface CredentialSource {
  readonly headers: { get(name: string): string | null };
  /** Where it is absent, a cookie is only accepted with proof that one of our pages sent the request. */
  readonly method?: string;
  /** Without the question mark, never decoded. */
  readonly query: string;
  /** The query parameter that may contain a token; `null` for none. */
  readonly tokenParameter: string | null;
  /** Whether a trusted proxy sent the request: only then are its client certificate headers believed. */
  readonly isPeerTrusted: boolean;
  /** The client certificate of the connection, DER; `null` or absent for none. */
  readonly certificate?: Buffer | null;
  /** Absent for a token without a request, such as in a frame. */
  readonly original?: OriginalRequest;
}
