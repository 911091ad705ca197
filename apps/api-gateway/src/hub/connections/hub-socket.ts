/** What the hub needs of a transport. Bun's `ServerWebSocket` is one as it is; the HTTP fallbacks bring their own. */
export interface HubSocket {
  /** Bytes sent, -1 where they wait for the client to read, 0 where the text was dropped. */
  send(text: string): number;
  /** Runs the callback and sends what it sent in one write. */
  cork(callback: () => void): void;
  close(code: number, reason: string): void;
  /** Without waiting for the other side. */
  terminate(): void;
  /** Bytes that wait for the client to read. */
  getBufferedAmount(): number;
  /** Stops reading from the client, where the transport can. */
  pause(): void;
  resume(): void;
  /** Delivery of a channel by the server itself; not called where `isNative` of the connection is false. */
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
}
