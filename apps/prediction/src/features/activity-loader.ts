import type { ClickHouseClient } from "@libs/database";
import { readActivities, type SessionActivity } from "./session-activity.ts";

interface Waiting {
  readonly sessionId: string;
  readonly resolve: (activity: SessionActivity | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Resolves when the acknowledged events of these sessions, or of all, can be read: for processes that also ingest events and
 * have them on disk before ClickHouse does.
 */
export type Readable = (sessionIds?: readonly string[]) => Promise<void>;

const gatherMs = 3;
const sessionsMax = 500;

/** Combines lookups of sessions within a few milliseconds into one ClickHouse query: one query costs the same for twenty sessions. */
export class ActivityLoader {
  readonly #clickhouse: ClickHouseClient;
  readonly #readable: Readable;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(clickhouse: ClickHouseClient, readable: Readable) {
    this.#clickhouse = clickhouse;
    this.#readable = readable;
  }

  /** `null` where the session has no events. */
  load(sessionId: string): Promise<SessionActivity | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sessionId, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Bun.sleep(gatherMs);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, sessionsMax);
      const sessionIds = [...new Set(batch.map(({ sessionId }) => sessionId))];
      try {
        await this.#readable(sessionIds);
        const activities = await readActivities(this.#clickhouse, sessionIds);
        const bySession = new Map(activities.map((activity) => [activity.sessionId, activity]));
        for (const { sessionId, resolve } of batch) resolve(bySession.get(sessionId) ?? null);
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    this.#running = false;
  }
}
