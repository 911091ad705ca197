import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { TlsCertificate } from "@libs/elysia-server";

/** A certificate as shown to clients. */
export interface ListenerCertificate extends TlsCertificate {
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/**
 * Reads a certificate and its key, and checks them before any client sees them.
 * @param place in the config, for error messages
 * @throws Error where they are not valid PEM or do not match. An expired certificate is accepted: metrics report it, and refusing to
 * start would not help anyone.
 */
export function readCertificate(
  { cert, key }: { readonly cert: string; readonly key: string },
  place: string,
): ListenerCertificate {
  const certificate = readAs(`${place}: its cert is no certificate in PEM`, () => new X509Certificate(cert));
  const ownKey: KeyObject = readAs(`${place}: its key is no private key in PEM`, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(ownKey))
    throw new Error(`${place}: the key belongs to another certificate`);
  const serverNames = dnsNames(certificate.subjectAltName);
  return { cert, key, serverNames, validTo: Date.parse(certificate.validTo) };
}

/** @throws Error where the text begins with no certificate in PEM. */
export function readAuthorities(pem: string): string {
  readAs(
    "server.tls.clientCertificates: its authorities are no certificates in PEM",
    () => new X509Certificate(pem),
  );
  return pem;
}

/** The error never quotes what was read, which may be the key. */
function readAs<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(problem, { cause });
  }
}

/** Names that need quotes are not DNS names. */
function dnsNames(names: string | undefined): readonly string[] {
  const all = (names ?? "").split(", ").filter((name) => name.startsWith("DNS:") && !name.includes('"'));
  return all.map((name) => name.slice("DNS:".length).toLowerCase());
}
