import type { StoredEvent } from "../events/stored-event.ts";

/** Where events are kept: ClickHouse, and on the way there whatever makes an acknowledgement cheap. One contract suite. */
export interface EventLog {
  /** Brings into ClickHouse what a process before has left on the way. MUST be called once, before anything else. */
  open(): Promise<void>;
  /** False while too much is on its way: nothing more MUST be appended then. */
  readonly hasRoom: boolean;
  /**
   * Resolves when the events are on disk. Rejects with a retryable `CartwayError` where they may be or not. MUST be called one
   * at a time, in the order of the events' sequences.
   */
  append(events: readonly StoredEvent[]): Promise<void>;
  /** Whether an appended event of the session cannot be read in ClickHouse yet. */
  isAhead(sessionId: string): boolean;
  /** Resolves when all that was appended before can be read in ClickHouse, and hurries it there. Rejects where it is away. */
  readable(): Promise<void>;
  /** Resolves when nothing is left on the way, or where ClickHouse is away: the next process brings it there. */
  close(): Promise<void>;
}

export interface EventLogParts {
  /** Told of events, in their order and once each, as soon as ClickHouse has them. MUST NOT throw. */
  readonly onReadable: (events: readonly StoredEvent[]) => void;
}
