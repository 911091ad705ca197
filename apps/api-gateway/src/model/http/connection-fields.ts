/**
 * Hop-by-hop fields (RFC 9110, section 7.6.1). Together with those nominated by `Connection`, they are never forwarded in either
 * direction.
 */
export const connectionFields: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
