const protocolId = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The `Sec-WebSocket-Accept` for a client's key (RFC 6455, section 4.2.2). */
export function acceptKey(key: string): string {
  return Bun.CryptoHasher.hash("sha1", key + protocolId, "base64");
}

/** Whether the text is a valid `Sec-WebSocket-Key`: sixteen bytes in base64. */
export function isHandshakeKey(key: string): boolean {
  return /^[+/0-9A-Za-z]{22}==$/.test(key);
}
