/** PEM. */
export interface TlsCertificate {
  /** Includes the chain. */
  readonly cert: string;
  readonly key: string;
  /** Server names (SNI) that this certificate is selected for; wildcards such as `*.example.com` are allowed. */
  readonly serverNames: readonly string[];
}

/** How a listener terminates TLS. */
export interface TlsSettings {
  /** At least one; the first is the default for clients without a matching server name. */
  readonly certificates: readonly TlsCertificate[];
  readonly minVersion: "1.2" | "1.3";
  /** Offered by ALPN beside HTTP/1.1. WebSockets stay on HTTP/1.1. */
  readonly http2: boolean;
  /** Requests client certificates and passes them to the app; `null` for never. */
  readonly clientCertificates: {
    /** Trusted authorities, PEM. */
    readonly authorities: string;
    /** False also accepts clients without a certificate; an untrusted one is refused either way. */
    readonly required: boolean;
  } | null;
  /** A second port, of plain http, that redirects to https; `null` for none. */
  readonly redirect: TlsRedirect | null;
}

export interface TlsRedirect {
  readonly port: number;
  /** The port that clients see; `null` for the listener's own. */
  readonly httpsPort: number | null;
}
