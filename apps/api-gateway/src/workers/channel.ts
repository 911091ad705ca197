/** Messages between the supervisor and one worker, in the order in which they were sent. */
export interface Channel {
  /** MUST NOT throw: what is sent to a process that has ended is lost. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other process has ended, or never was a supervisor. */
  onClosed(listener: () => void): void;
}

type OwnProcess = Pick<NodeJS.Process, "send" | "connected" | "on">;

/** A worker's channel to its supervisor. @throws Error in a process that was started without a channel. */
export function openOwnChannel(process: OwnProcess): Channel {
  if (process.send === undefined) throw new Error("a worker can only be started by its supervisor");
  return {
    send(message) {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => void process.on("message", listener),
    onClosed: (listener) => void process.on("disconnect", listener),
  };
}
