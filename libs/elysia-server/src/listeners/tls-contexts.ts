import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import type { TlsSettings } from "../tls-settings.ts";

/** What is shown to clients: by the names that they ask for, and the first certificate to all others. */
export class TlsContexts {
  #byName: ReadonlyMap<string, SecureContext>;

  /** @throws Error where a certificate cannot be used. */
  constructor(tls: TlsSettings) {
    this.#byName = contextsOf(tls);
  }

  /** @throws Error where one cannot be used; nothing is changed then. */
  replace(tls: TlsSettings): void {
    this.#byName = contextsOf(tls);
  }

  /** `*` stands for the first label and for that alone. */
  find(asked: string): SecureContext | undefined {
    const name = asked.toLowerCase().replace(/\.$/, "");
    return this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, "*"));
  }
}

/** What a TLS server needs beside them. */
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
