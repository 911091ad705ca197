/** A client's WebSocket as an app sees it. Implemented by Bun's `ServerWebSocket` and by this package. */
export interface AppSocket {
  /** The value that the app passed to the upgrade. */
  data: unknown;
  /** 1 while it is open, 3 after. */
  readonly readyState: number;
  readonly remoteAddress: string;
  /** @returns the payload's bytes; -1 where it is buffered because the client reads slowly, 0 where it was dropped or is empty. */
  send(data: string | Uint8Array): number;
  /** Like `send`; at most 125 bytes. */
  ping(data?: Uint8Array): number;
  pong(data?: Uint8Array): number;
  /**
   * Sends a close frame: code 1000 by default, without a code for 1005 and 1006. The `close` handler has run, with this code and reason,
   * when this returns; nothing is received afterwards.
   */
  close(code?: number, reason?: string): void;
  /** Closes without a close frame, dropping what is buffered. The `close` handler has run, with 1006, when this returns. */
  terminate(): void;
  /** Joins everything that the callback sends into one write. */
  cork(callback: () => void): void;
  /** Bytes that wait for the client to read them. */
  getBufferedAmount(): number;
  /** Stops reading; messages already read are still delivered. A paused socket does not count as idle. */
  pause(): void;
  resume(): void;
  /** Adds the socket to a topic of the server's `publish`. False where it is closed. */
  subscribe(topic: string): boolean;
  /** False where it was not subscribed. */
  unsubscribe(topic: string): boolean;
  isSubscribed(topic: string): boolean;
}

type MaybePromise<T> = T | Promise<T>;

/** An app's handlers and limits, as `Bun.serve` takes them as `websocket`. No extension is negotiated. */
export interface AppSocketHandlers {
  open?(socket: AppSocket): MaybePromise<void>;
  message?(socket: AppSocket, message: string | Buffer): MaybePromise<void>;
  /** The client has read everything that was buffered. */
  drain?(socket: AppSocket): MaybePromise<void>;
  /**
   * Called once, last. Code 1005 where the client sent none, 1006 where the connection broke or was cut; the reason says why it was cut.
   */
  close?(socket: AppSocket, code: number, reason: string): MaybePromise<void>;
  /** The pong was sent already. */
  ping?(socket: AppSocket, data: Buffer): MaybePromise<void>;
  pong?(socket: AppSocket, data: Buffer): MaybePromise<void>;
  /** Receives what another handler throws or rejects with; without it, that is an uncaught exception. MUST NOT fail itself. */
  error?(error: Error, socket: AppSocket): MaybePromise<void>;
  /** Bound on a message, in bytes; 16 MiB by default. */
  maxPayloadLength?: number;
  /** Bound on the bytes buffered for a client, after which messages to it are dropped; 16 MiB by default, 0 for no limit. */
  backpressureLimit?: number;
  /** Whether to cut a client that reaches that limit. */
  closeOnBackpressureLimit?: boolean;
  /** Seconds without traffic before a client is cut; 120 by default, 0 for no limit, otherwise at least 8. */
  idleTimeout?: number;
  /** Whether to ping an idle client shortly before it would be cut; true by default. */
  sendPings?: boolean;
  perMessageDeflate?: false;
}
