/** A message that the hub has not acknowledged yet. */
export interface OutboxEntry {
  /** The same for every resend: the hub and its services know the message by it. */
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly sessionId: string;
  /** Milliseconds since the epoch: what the queue is ordered by, together with the id. */
  readonly queuedAt: number;
}

/** Where the queue outlives the page. Writes are not awaited by the sender: the network is faster than a slow disk. */
export interface OutboxStore {
  /** Oldest first. */
  load(): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}

/** For Bun, Node and pages without IndexedDB: lives as long as the process. */
export function createMemoryStore(): OutboxStore {
  const entries = new Map<string, OutboxEntry>();
  return {
    load: async () => [...entries.values()],
    put: async (entry) => void entries.set(entry.id, entry),
    remove: async (id) => void entries.delete(id),
  };
}
