import { type IncomingRequest, incomingOf, type RequestHeaders, WireRequest } from "@libs/http1";

/** Visible characters that need no escaping in a log, a header or a URL; long enough to be unique, short enough to keep. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._~:@+/=-]{7,127}$/;

export const requestIdHeader = "x-request-id";

/**
 * The caller's `X-Request-ID` where it is well formed, else a new UUIDv7 (they sort by time): for a request of the platform's own
 * listener the same one each time.
 * @param request `null` where none was read.
 */
export function requestIdOf(request: IncomingRequest | null): string {
  if (request === null) return Bun.randomUUIDv7();
  const incoming = incomingOf(request);
  if (!(incoming instanceof WireRequest)) return idOf(request.headers);
  incoming.id ??= idOf(incoming.headers);
  return incoming.id;
}

function idOf(headers: RequestHeaders): string {
  const given = headers.get(requestIdHeader);
  return given !== null && wellFormed.test(given) ? given : Bun.randomUUIDv7();
}
