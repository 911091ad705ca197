import { X509Certificate } from "node:crypto";

/** The fields of an X.509 certificate that identify its owner. */
export interface ClientCertificate {
  /** The subject's common name, `null` where it has none or several. */
  readonly commonName: string | null;
  /** URIs of the subject alternative name, SPIFFE ids among them. */
  readonly uris: readonly string[];
  /** SHA-256 in hex. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

export type CertificateFault =
  | "malformed_certificate"
  | "unknown_authority"
  | "not_yet_valid"
  | "expired"
  | "not_a_client_certificate";

/** RFC 5280, 4.2.1.12. */
const clientAuthentication = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

/** The authorities of one PEM text. @throws TypeError if it contains no certificate, or one that is not an authority's. */
export function readAuthorities(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new TypeError("the CA bundle contains no certificate");
  return blocks.map((block) => {
    const authority = new X509Certificate(block);
    if (!authority.ca) throw new TypeError(`${authority.subject} is not the certificate of an authority`);
    return authority;
  });
}

/**
 * Validates a certificate as a TLS server does (RFC 5280, 6): issued by one of the authorities, valid at this time together with its
 * authority, not an authority's own, and for clients. The handshake has proved that its owner holds the key.
 */
export function checkCertificate(
  der: Buffer,
  authorities: readonly X509Certificate[],
  now: number,
): ClientCertificate | CertificateFault {
  const certificate = parse(der);
  if (certificate === null) return "malformed_certificate";
  const issuers = authorities.filter(
    (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );
  const ends = issuers.filter((issuer) => validFrom(issuer) <= now).map(validTo);
  const issuerEnd = Math.max(...ends);
  if (ends.length === 0 || issuerEnd <= now) return "unknown_authority";
  if (validFrom(certificate) > now) return "not_yet_valid";
  if (validTo(certificate) <= now) return "expired";
  if (certificate.ca || !isForClients(certificate)) return "not_a_client_certificate";
  const uris = readUris(certificate.subjectAltName);
  if (uris === null) return "malformed_certificate";
  return {
    commonName: readCommonName(certificate),
    uris,
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    validTo: Math.min(validTo(certificate), issuerEnd),
  };
}

function parse(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function validFrom({ validFrom: text }: X509Certificate): number {
  return Date.parse(text);
}

function validTo({ validTo: text }: X509Certificate): number {
  return Date.parse(text);
}

/** A certificate with an extended key usage must allow client authentication. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  const usages: readonly string[] | undefined = keyUsage;
  return usages === undefined || usages.includes(clientAuthentication) || usages.includes(anyUsage);
}

/** `null` if a name needs quotes: no URI does, and quotes may hide another name. */
function readUris(names: string | undefined): readonly string[] | null {
  if (names === undefined) return [];
  if (names.includes('"')) return null;
  return names
    .split(", ")
    .filter((name) => name.startsWith("URI:"))
    .map((name) => name.slice("URI:".length));
}

function readCommonName(certificate: X509Certificate): string | null {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === "string" ? name : null;
}
