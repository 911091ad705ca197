import type { StoredEvent } from "../events/stored-event.ts";

/** Where events are stored: ClickHouse, optionally through a journal that makes acknowledgements cheap. One contract suite. */
export interface EventLog {
  /** Inserts into ClickHouse what an earlier process has left in the journal. MUST be called once, before anything else. */
  open(): Promise<void>;
  /** False while too many events wait for ClickHouse: nothing more MUST be appended then. */
  readonly hasRoom: boolean;
  /**
   * Resolves when the events are on disk. Rejects with a retryable `CartwayError` where that is uncertain. MUST be called one
   * at a time, in the order of the events' sequences.
   */
  append(events: readonly StoredEvent[]): Promise<void>;
  /** Whether an appended event of the session cannot be read in ClickHouse yet. */
  isAhead(sessionId: string): boolean;
  /** Resolves when everything appended before can be read in ClickHouse, and speeds that up. Rejects where it is away. */
  readable(): Promise<void>;
  /** Resolves when nothing waits any more, or where ClickHouse is away: the next process inserts the rest. */
  close(): Promise<void>;
}

export interface EventLogParts {
  /** Called with events, in order and once each, as soon as ClickHouse has them. MUST NOT throw. */
  readonly onReadable: (events: readonly StoredEvent[]) => void;
}
