/** A platform for the replay, on its own stores: started, monitored, killed and counted. */
export interface ReplayPlatform {
  /** The hub's WebSocket endpoint. */
  readonly url: string;
  /** The running processes, by name. */
  pids(): Readonly<Record<string, number>>;
  /** Kills one of its processes with `kill -9` and restarts it once it is gone. Resolves when it is ready again. */
  crash(name: string): Promise<void>;
  /** What is stored of a run: rows, and distinct ids among them. May stop the platform: nothing is played after it. */
  countEvents(run: string): Promise<StoredCounts>;
  stop(): Promise<void>;
}

export interface StoredCounts {
  readonly rows: number;
  readonly ids: number;
}

export const storedCountsQuery =
  "SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM events WHERE startsWith(id, {prefix:String})";
