/** A socket of Bun, or another implementation with the same behavior. */
export interface WireSocket {
  /** Receives the socket's events. */
  data: unknown;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** @returns how many bytes were accepted; the owner is notified when more can be. The buffer may be reused. */
  write(bytes: Uint8Array, start: number, length: number): number;
  /** Sends FIN after the accepted bytes; the socket can still be read. */
  shutdown(): void;
  /** Closes both directions after sending the accepted bytes. */
  end(): void;
  /** Closes immediately. */
  terminate(): void;
  pause(): void;
  resume(): void;
}
