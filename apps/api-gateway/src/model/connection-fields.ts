/**
 * Fields that belong to one connection and end with it, whoever sends them (RFC 9110, section 7.6.1). With those that `Connection`
 * names they are passed on in neither direction.
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
