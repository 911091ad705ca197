/**
 * The id of a new token, which says when it was issued: UUID version 7. Never from before the registration that it belongs to,
 * whichever instance's clock wrote that down.
 */
export function createTokenId(nowMs: number, registeredAtMs: number): string {
  return Bun.randomUUIDv7("hex", Math.max(nowMs, registeredAtMs));
}

/** Milliseconds since the epoch, as the id of a token says (RFC 9562, 5.7). */
export function issuedAtMs(tokenId: string): number {
  return Number.parseInt(tokenId.slice(0, 8) + tokenId.slice(9, 13), 16);
}
