/** What bytes are written to: a socket of Bun's, or another that behaves like one. */
export interface WireSocket {
  /** Who hears of what happens to it. */
  data: unknown;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** @returns how many of the bytes it has taken; its owner is told when it takes more. They may be changed afterwards. */
  write(bytes: Uint8Array, start: number, length: number): number;
  /** Sends no more than what it has taken, and can still be read. */
  shutdown(): void;
  /** Sends what it has taken, and closes both ways. */
  end(): void;
  /** Closes at once. */
  terminate(): void;
  pause(): void;
  resume(): void;
}
