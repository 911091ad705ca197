/** The hub's view of a transport. Bun's `ServerWebSocket` satisfies it; the HTTP fallbacks implement it. */
export interface HubSocket {
  /** @returns the bytes sent, -1 if they are queued, 0 if the text was dropped */
  send(text: string): number;
  /** Runs the callback and flushes what it sends in one write. */
  cork(callback: () => void): void;
  close(code: number, reason: string): void;
  /** Closes without the closing handshake. */
  terminate(): void;
  /** Bytes queued for the client. */
  getBufferedAmount(): number;
  /** Stops reading from the client, where the transport can. */
  pause(): void;
  resume(): void;
  /** Subscribes to a topic of the listener's own publish. MUST NOT be called on connections that are not `isNative`. */
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
}
