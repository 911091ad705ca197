import type { IncomingRequest } from "@libs/http1";

/** Visible characters that need no escaping in a log, a header or a URL; long enough to be unique, short enough to keep. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._~:@+/=-]{7,127}$/;

export const requestIdHeader = "x-request-id";

/** The caller's `X-Request-ID` where it is well formed, else a new UUIDv7 (they sort by time). */
export function requestIdOf(request: IncomingRequest): string {
  const given = request.headers.get(requestIdHeader);
  return given !== null && wellFormed.test(given) ? given : Bun.randomUUIDv7();
}
