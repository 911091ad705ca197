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
}
