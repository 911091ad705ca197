import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import type { TlsSettings } from "../tls-settings.ts";

/** Selects a certificate by the server name that a client asks for; the first one is the default. */
export class TlsContexts {
  #byName: ReadonlyMap<string, SecureContext>;

  /** @throws Error where a certificate is invalid. */
  constructor(tls: TlsSettings) {
    this.#byName = contextsOf(tls);
  }

  /** @throws Error where a certificate is invalid; the old ones are kept then. */
  replace(tls: TlsSettings): void {
    this.#byName = contextsOf(tls);
  }

  /** `*` matches the first label only. */
  find(asked: string): SecureContext | undefined {
    const name = asked.toLowerCase().replace(/\.$/, "");
    return this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, "*"));
  }
}

/** Further options of a TLS server. */
export function tlsOptionsOf(tls: TlsSettings): TlsOptions {
  const { certificates, http2, clientCertificates } = tls;
  const [first] = certificates;
  return {
    ...contextOptions(tls, first),
    ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    requestCert: clientCertificates !== null,
    rejectUnauthorized: clientCertificates?.required ?? false,
  };
}

function contextsOf(tls: TlsSettings): ReadonlyMap<string, SecureContext> {
  return new Map(
    tls.certificates.flatMap((certificate) => {
      const context = createSecureContext(contextOptions(tls, certificate));
      return certificate.serverNames.map((name) => [name.toLowerCase(), context] as const);
    }),
  );
}

function contextOptions(
  { minVersion, clientCertificates }: TlsSettings,
  pair: TlsSettings["certificates"][number] | undefined,
) {
  return {
    ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
    minVersion: minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
    ...(clientCertificates === null ? {} : { ca: clientCertificates.authorities }),
  } as const;
}
