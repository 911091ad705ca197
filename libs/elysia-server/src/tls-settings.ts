/** PEM texts. */
export interface TlsCertificate {
  /** With its chain. */
  readonly cert: string;
  readonly key: string;
  /** The names that clients may ask for it by (SNI), `*.example.com` among them. */
  readonly serverNames: readonly string[];
}

/** How a listener ends TLS. */
export interface TlsSettings {
  /** At least one; the first is shown to clients that ask for no name or an unknown one. */
  readonly certificates: readonly TlsCertificate[];
  readonly minVersion: "1.2" | "1.3";
  /** Spoken with clients that offer it (ALPN), beside HTTP/1.1. WebSockets stay on HTTP/1.1. */
  readonly http2: boolean;
  /** Clients are asked for a certificate, and the app is told of it; `null` for never. */
  readonly clientCertificates: {
    /** PEM; who may have signed them. */
    readonly authorities: string;
    /** False lets clients without one in; what no authority has signed is refused in both cases. */
    readonly required: boolean;
  } | null;
  /** A second port, of plain http, that sends everyone to https; `null` for none. */
  readonly redirect: TlsRedirect | null;
}

export interface TlsRedirect {
  readonly port: number;
  /** As clients see it; the listener's own where `null`. */
  readonly httpsPort: number | null;
}
