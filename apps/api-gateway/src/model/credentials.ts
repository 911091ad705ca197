/** Who a TLS client proved to be. The listener has verified the chain; nothing here is taken from a header. */
export interface ClientCertificate {
  /** The subject's common name, `null` where it has none. */
  readonly commonName: string | null;
  /** URIs of the subject alternative name, SPIFFE ids among them. */
  readonly uris: readonly string[];
  /** SHA-256 of the certificate in hex. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
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
  readonly certificate: ClientCertificate | null;
}
