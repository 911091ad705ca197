import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { TlsCertificate } from "@libs/elysia-server";

/** A certificate as clients will be shown it. */
export interface ListenerCertificate extends TlsCertificate {
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/**
 * One certificate with its key, checked before any client sees it. @param place where the config has it, for what is told
 * @throws Error where they are not PEM or do not belong together. That one has ended is for the metrics: clients will say so, and a
 * gateway that did not start for it would help nobody.
 */
export function readCertificate(
  { cert, key }: { readonly cert: string; readonly key: string },
  place: string,
): ListenerCertificate {
  const certificate = readAs(`${place}: its cert is no certificate in PEM`, () => new X509Certificate(cert));
  const ownKey: KeyObject = readAs(`${place}: its key is no private key in PEM`, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(ownKey)) throw new Error(`${place}: the key is another certificate's`);
  const serverNames = dnsNames(certificate.subjectAltName);
  return { cert, key, serverNames, validTo: Date.parse(certificate.validTo) };
}

/** What went wrong is told without what was read: it may be the key. */
function readAs<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(problem, { cause });
  }
}

/** Names that need quotes are none of DNS. */
function dnsNames(names: string | undefined): readonly string[] {
  const all = (names ?? "").split(", ").filter((name) => name.startsWith("DNS:") && !name.includes('"'));
  return all.map((name) => name.slice("DNS:".length).toLowerCase());
}
