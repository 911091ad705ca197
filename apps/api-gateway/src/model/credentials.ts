import type { RequestTarget } from "./exchange.ts";

/** The request that credentials came with, for services that judge by more than these. */
export interface OriginalRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: string;
  /** What a service would be told: `x-forwarded-*`, `via` and `x-request-id` are the gateway's own word. */
  readonly upstreamHeaders: { get(name: string): string | null };
}

/** What a caller presents, over HTTP or at a WebSocket's upgrade. Read by identities; MUST NOT be logged. */
export interface CredentialSource {
  readonly headers: { get(name: string): string | null };
  /** Where it is missing, a cookie needs proof that a page of ours sent the request. */
  readonly method?: string;
  /** Without the question mark, never decoded. */
  readonly query: string;
  /** The query parameter in which a token may stand, `null` where none may. */
  readonly tokenParameter: string | null;
  /** Whether a trusted proxy sent it: only then may its headers tell of the client's certificate. */
  readonly isPeerTrusted: boolean;
  /** The client's certificate of the connection itself, DER; `null` and absent where it showed none. */
  readonly certificate?: Buffer | null;
  /** Absent for a token that came alone, such as in a frame. */
  readonly original?: OriginalRequest;
}
