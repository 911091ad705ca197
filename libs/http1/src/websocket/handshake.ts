const protocolId = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What proves to a client that its handshake was understood (RFC 6455, 4.2.2). */
export function acceptKey(key: string): string {
  return Bun.CryptoHasher.hash("sha1", key + protocolId, "base64");
}

/** Whether the text is a `Sec-WebSocket-Key`: sixteen bytes in base64. */
export function isHandshakeKey(key: string): boolean {
  return /^[+/0-9A-Za-z]{22}==$/.test(key);
}
