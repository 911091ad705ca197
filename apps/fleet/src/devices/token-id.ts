/**
 * The id of a new token, which contains its issue time: UUID version 7. Never earlier than the registration it belongs to,
 * even if another instance's clock, which recorded that one, is ahead.
 */
export function createTokenId(nowMs: number, registeredAtMs: number): string {
  return Bun.randomUUIDv7("hex", Math.max(nowMs, registeredAtMs));
}

/** Milliseconds since the epoch, from the id of a token (RFC 9562, 5.7). */
export function issuedAtMs(tokenId: string): number {
  return Number.parseInt(tokenId.slice(0, 8) + tokenId.slice(9, 13), 16);
}
