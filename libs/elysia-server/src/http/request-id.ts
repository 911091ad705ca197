import { type IncomingRequest, incomingOf, type RequestHeaders, WireRequest } from "@libs/http1";

/** Characters that need no escaping in logs, headers or URLs; long enough to be unique, short enough to store. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._~:@+/=-]{7,127}$/;

export const requestIdHeader = "x-request-id";

/**
 * The caller's `X-Request-ID` where it is well-formed, otherwise a new UUIDv7 (sortable by time). Stable for a request of the platform's
 * own listener.
 * @param request `null` where none could be read.
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
