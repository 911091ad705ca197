/** A client's WebSocket as an app sees it. Bun's `ServerWebSocket` is one as it is, and so is this package's own. */
export interface AppSocket {
  /** What the app gave at the upgrade. */
  data: unknown;
  /** 1 while it is open, 3 after. */
  readonly readyState: number;
  readonly remoteAddress: string;
  /** Bytes of the payload; -1 where it waits for the client to read, 0 where it was dropped or there was nothing to send. */
  send(data: string | Uint8Array): number;
  /** As `send`; at most 125 bytes. */
  ping(data?: Uint8Array): number;
  pong(data?: Uint8Array): number;
  /**
   * Says goodbye with 1000 where no code is given, and with none where it is 1005 or 1006. The `close` handler has run, with
   * this code and reason, when it returns; nothing is received any more.
   */
  close(code?: number, reason?: string): void;
  /** Without a word, and without what waits. The `close` handler has run, with 1006, when it returns. */
  terminate(): void;
  /** Sends what the callback sends in one write. */
  cork(callback: () => void): void;
  /** Bytes that wait for the client to read. */
  getBufferedAmount(): number;
  /** Stops reading; what was read already is still delivered. Nothing is idle while it is paused. */
  pause(): void;
  resume(): void;
  /** From now on `publish` of the server reaches it. False where it is closed. */
  subscribe(topic: string): boolean;
  /** False where it was not subscribed. */
  unsubscribe(topic: string): boolean;
  isSubscribed(topic: string): boolean;
}

type MaybePromise<T> = T | Promise<T>;

/** What an app does with its sockets, and their limits: what `Bun.serve` takes as `websocket`. No extension is ever spoken. */
export interface AppSocketHandlers {
  open?(socket: AppSocket): MaybePromise<void>;
  message?(socket: AppSocket, message: string | Buffer): MaybePromise<void>;
  /** All that waited for the client was read. */
  drain?(socket: AppSocket): MaybePromise<void>;
  /**
   * Once, and the last. 1005 where the client gave no code, 1006 where it went without a word or was cut, with the reason
   * where it was cut for one.
   */
  close?(socket: AppSocket, code: number, reason: string): MaybePromise<void>;
  /** It is answered already. */
  ping?(socket: AppSocket, data: Buffer): MaybePromise<void>;
  pong?(socket: AppSocket, data: Buffer): MaybePromise<void>;
  /** What another handler threw or rejected with. Without it that is an uncaught exception. MUST NOT fail itself. */
  error?(error: Error, socket: AppSocket): MaybePromise<void>;
  /** Bytes of a message; 16 MiB by default. */
  maxPayloadLength?: number;
  /** Bytes that may wait for a client before what is sent to it is dropped; 16 MiB by default, 0 for no limit. */
  backpressureLimit?: number;
  /** Whether a client that reaches the limit is cut. */
  closeOnBackpressureLimit?: boolean;
  /** Seconds in which nothing is sent or received before a client is cut; 120 by default, 0 for no limit, never under 8. */
  idleTimeout?: number;
  /** Whether a client is pinged shortly before it would be cut; it is by default. */
  sendPings?: boolean;
  perMessageDeflate?: false;
}
