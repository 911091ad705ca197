/** A platform of the replay's own, on stores of its own: started, watched, killed and counted. */
export interface ReplayPlatform {
  /** The hub's WebSocket endpoint. */
  readonly url: string;
  /** Processes that run now, by name. */
  pids(): Readonly<Record<string, number>>;
  /** `kill -9` of one of its processes, and its start once it is gone. Resolves when it is ready again. */
  crash(name: string): Promise<void>;
  /** What is stored of a run: rows, and distinct ids among them. May end the platform: nothing is played after it. */
  countEvents(run: string): Promise<StoredCounts>;
  stop(): Promise<void>;
}

export interface StoredCounts {
  readonly rows: number;
  readonly ids: number;
}

export const storedCountsQuery =
  "SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM events WHERE startsWith(id, {prefix:String})";
