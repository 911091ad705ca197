import { createHash } from "node:crypto";
import type { TlsSettings } from "@libs/elysia-server";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import { type ListenerCertificate, readAuthorities, readCertificate } from "./read-certificate.ts";
import type { TlsConfig } from "./tls-schema.ts";

export interface ListenerTls {
  readonly settings: TlsSettings;
  /** The earliest expiry of its certificates, in milliseconds since the epoch. */
  readonly validTo: number;
  /** Differs whenever anything else does. */
  readonly fingerprint: string;
}

/** @throws Error where a secret is missing or invalid; see `readCertificate`. */
export function readTls(config: TlsConfig, readSecret: ReadSecret): ListenerTls {
  const certificates = config.certificates.map(({ cert, key }, index) =>
    readCertificate({ cert: readSecret(cert), key: readSecret(key) }, `server.tls.certificates.${index}`),
  );
  refuseSharedNames(certificates);
  const { clientCertificates, redirect } = config;
  const settings: TlsSettings = {
    certificates,
    minVersion: config.minVersion,
    http2: config.http2,
    clientCertificates:
      clientCertificates === undefined
        ? null
        : {
            authorities: readAuthorities(readSecret(clientCertificates.authorities)),
            required: clientCertificates.required,
          },
    redirect: redirect === undefined ? null : { port: redirect.port, httpsPort: redirect.httpsPort ?? null },
  };
  const fingerprint = createHash("sha256").update(JSON.stringify(settings)).digest("base64url");
  return { settings, validTo: Math.min(...certificates.map(({ validTo }) => validTo)), fingerprint };
}

/** With two certificates for one name it would be unclear which one clients get. */
function refuseSharedNames(certificates: readonly ListenerCertificate[]): void {
  const seen = new Set<string>();
  for (const { serverNames } of certificates) {
    for (const name of new Set(serverNames)) {
      if (seen.has(name)) throw new Error(`server.tls.certificates: two of them are for ${name}`);
      seen.add(name);
    }
  }
}
