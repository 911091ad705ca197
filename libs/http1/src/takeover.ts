/** The raw connection, for the protocol that it was upgraded to. */
export interface Wire {
  /**
   * Writes bytes, and buffers what the kernel does not accept. They are copied only when buffered.
   * @returns how many bytes are buffered now.
   */
  write(bytes: Uint8Array): number;
  /** Like `write`, of the bytes from `start` to `end`. */
  writePart(bytes: Uint8Array, start: number, end: number): number;
  readonly bufferedBytes: number;
  /** Sends what is buffered, then FIN. */
  end(): void;
  /** Closes immediately; what is buffered is lost. */
  terminate(): void;
  /** Nothing is read while it is paused. */
  readonly isPaused: boolean;
  pause(): void;
  resume(): void;
  readonly remoteAddress: string;
}

/** Receives a connection's events after an upgrade. */
export interface Takeover {
  /** `bytes` is the socket's own buffer, and valid only during the call. */
  received(bytes: Buffer): void;
  /** The kernel has accepted all that was buffered. */
  drained(): void;
  /** The connection has closed, on either side's initiative. Called once. */
  closed(): void;
}
