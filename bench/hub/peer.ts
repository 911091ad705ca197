/** The client's side of one peer's protocol: prepared texts, so that the load costs the same for all. */
export interface Wire {
  /** Path and query of the socket. */
  readonly path: string;
  /** Makes a connection ready to send and receive; calls `done` when it is. */
  greet(socket: WebSocket, done: () => void): (data: string) => void;
  /** @param number counts the events of one connection. */
  event(number: number, payload: string): string;
  /** Splits one message into its texts, where it can contain several. */
  split?(data: string): readonly string[];
  isAck(data: string): boolean;
  isTick(data: string): boolean;
}

export interface HubJob {
  readonly port: number;
  readonly directory: string;
  readonly servicePort: number;
  /** Processes on the port, for Cartway, which then needs `REDIS_URL`; default 1. */
  readonly workers?: number;
}

export interface HubPeer {
  readonly name: string;
  readonly wire: Wire;
  /** Why it cannot run here, or `null`. */
  missing(): string | null;
  /** The command that serves on the port; its files go into the directory. */
  prepare(job: HubJob): Promise<readonly string[]>;
  /** Sends one message to all. */
  publish(port: number): Promise<void>;
}
