import type { ClickHouseClient } from "@libs/database";
import { readActivities, type SessionActivity } from "./session-activity.ts";

interface Waiting {
  readonly sessionId: string;
  readonly resolve: (activity: SessionActivity | null) => void;
  readonly reject: (error: unknown) => void;
}

const gatherMs = 3;
const sessionsMax = 500;

/** Asks ClickHouse once for all sessions that are asked for within a few milliseconds: one query costs what twenty do. */
export class ActivityLoader {
  readonly #clickhouse: ClickHouseClient;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(clickhouse: ClickHouseClient) {
    this.#clickhouse = clickhouse;
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
      try {
        const activities = await readActivities(this.#clickhouse, [
          ...new Set(batch.map(({ sessionId }) => sessionId)),
        ]);
        const bySession = new Map(activities.map((activity) => [activity.sessionId, activity]));
        for (const { sessionId, resolve } of batch) resolve(bySession.get(sessionId) ?? null);
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    this.#running = false;
  }
}
