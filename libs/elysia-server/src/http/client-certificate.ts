import { type IncomingRequest, incomingOf } from "@libs/http1";

const certificates = new WeakMap<IncomingRequest, Buffer>();

/** Only for the listener, after it has verified the certificate against its authorities. */
export function noteClientCertificate(request: IncomingRequest, certificate: Buffer): void {
  certificates.set(request, certificate);
}

/**
 * The certificate of the client's connection, as DER: the same object for all requests of a connection. `null` where the client presented
 * none, or the listener requests none.
 */
export function clientCertificateOf(request: IncomingRequest): Buffer | null {
  return certificates.get(incomingOf(request)) ?? null;
}
