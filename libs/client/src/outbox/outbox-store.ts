/** A message that the hub has not acknowledged. */
export interface OutboxEntry {
  /** Stays the same when sent again: hub and services deduplicate by it. */
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly sessionId: string;
  /** Milliseconds since the epoch, and always after the message before it in the queue, which it orders. */
  readonly queuedAt: number;
}

/** Storage that outlives the page. The sender does not await writes: the network is faster than a slow disk. */
export interface OutboxStore {
  /** Oldest first. */
  load(): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}

/** For Bun, Node and pages without IndexedDB: lasts as long as the process. */
export function createMemoryStore(): OutboxStore {
  const entries = new Map<string, OutboxEntry>();
  return {
    load: async () => [...entries.values()],
    put: async (entry) => void entries.set(entry.id, entry),
    remove: async (id) => void entries.delete(id),
  };
}
