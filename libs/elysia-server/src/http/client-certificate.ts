import { type IncomingRequest, incomingOf } from "@libs/http1";

const certificates = new WeakMap<IncomingRequest, Buffer>();

/** For the listener alone, which has seen that one of its authorities signed it. */
export function noteClientCertificate(request: IncomingRequest, certificate: Buffer): void {
  certificates.set(request, certificate);
}

/**
 * The certificate with which the client of the request opened its connection, as DER: the same object for all requests of a connection.
 * `null` where it showed none, and where the listener asks nobody for one.
 */
export function clientCertificateOf(request: IncomingRequest): Buffer | null {
  return certificates.get(incomingOf(request)) ?? null;
}
