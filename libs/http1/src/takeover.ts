/** The raw connection as whoever took it over sees it. */
export interface Wire {
  /**
   * Hands bytes to the kernel and keeps what it does not take. They are copied only where they have to wait.
   * @returns how many bytes wait now.
   */
  write(bytes: Uint8Array): number;
  /** The bytes from `start` to `end`. */
  writePart(bytes: Uint8Array, start: number, end: number): number;
  readonly bufferedBytes: number;
  /** Sends what waits, then FIN. */
  end(): void;
  /** Closes at once; what waits is lost. */
  terminate(): void;
  pause(): void;
  resume(): void;
  readonly remoteAddress: string;
}

/** Who gets a connection's bytes once it no longer speaks HTTP. */
export interface Takeover {
  /** The bytes are the socket's own and are gone after the call. */
  received(bytes: Buffer): void;
  /** All that waited is with the kernel. */
  drained(): void;
  /** The connection is gone, once, whoever closed it. */
  closed(): void;
}
