import { plainArray, timeArray } from "../batching/plain-array.ts";
import type { ClickHouseClient, Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import type { ReportedStatus } from "../devices/device-statuses.ts";
import type { FleetMetrics } from "../fleet-metrics.ts";

export interface Heartbeat {
  readonly deviceId: string;
  readonly customerId: string;
  readonly atMs: number;
  readonly reported: ReportedStatus;
  /** Figures by name, in base units. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface HeartbeatBookOptions {
  readonly sql: Sql;
  readonly clickhouse: ClickHouseClient;
  readonly logger: Logger;
  readonly metrics: FleetMetrics;
  /** Heartbeats that may wait for ClickHouse; beyond it the oldest are dropped. */
  readonly waitingMax?: number;
}

const blockMax = 10_000;
/** Small: a claim that arrives while the embedded engine writes them has to wait. */
const statusesMax = 50;

/**
 * Writes heartbeats in batches: the last one of each device into PostgreSQL, all of them into ClickHouse. Devices do not wait for
 * the write: a killed process loses a second of figures, and the next heartbeat follows.
 */
export class HeartbeatBook {
  readonly #options: HeartbeatBookOptions;
  #waiting: Heartbeat[] = [];
  #last = new Map<string, Heartbeat>();

  constructor(options: HeartbeatBookOptions) {
    this.#options = options;
  }

  add(heartbeat: Heartbeat): void {
    const { metrics, waitingMax = 100_000 } = this.#options;
    metrics.heartbeat();
    this.#last.set(heartbeat.deviceId, heartbeat);
    this.#waiting.push(heartbeat);
    const excess = this.#waiting.length - waitingMax;
    if (excess <= 0) return;
    // drops a tenth at once: dropping one by one would shift the array each time
    const given = this.#waiting.splice(0, Math.max(excess, Math.ceil(waitingMax / 10))).length;
    metrics.heartbeatsDropped(given);
  }

  /** Writes everything that waits. Rejects where a store could not be written; those heartbeats are tried again. */
  async flush(): Promise<void> {
    const outcomes = await Promise.allSettled([this.writeStatuses(), this.writeMetrics()]);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** To be called periodically, like `writeMetrics`. */
  async writeStatuses(): Promise<void> {
    while (this.#last.size > 0) {
      const all = [...this.#last.values()].slice(0, statusesMax);
      // the first list is a separate query, for the reason given at `claimSteps`
      await this.#options.sql.query(
        `update fleet_devices as device set last_seen_at = seen.at, reported = seen.reported, online = true
          from unnest((select $1::uuid[]), $2::timestamptz[], $3::jsonb[]) as seen(id, at, reported)
          where device.id = seen.id and device.status = 'active'`,
        [
          plainArray(all.map((one) => one.deviceId)),
          timeArray(all.map((one) => new Date(one.atMs))),
          all.map((one) => JSON.stringify(one.reported)),
        ],
        { prepareAs: "fleet_seen" },
      );
      // heartbeats that arrived meanwhile are newer and still unwritten
      for (const one of all) if (this.#last.get(one.deviceId) === one) this.#last.delete(one.deviceId);
    }
  }

  async writeMetrics(): Promise<void> {
    this.#options.metrics.heartbeatsWaiting(this.#waiting.length);
    while (this.#waiting.length > 0) {
      const block = this.#waiting.slice(0, blockMax);
      await this.#options.clickhouse.insert("device_heartbeats", block.map(toRow));
      // heartbeats dropped meanwhile are no longer there to remove
      const written = new Set(block);
      this.#waiting = this.#waiting.filter((one) => !written.has(one));
    }
  }
}

function toRow({ deviceId, customerId, atMs, reported, metrics }: Heartbeat): object {
  return {
    device_id: deviceId,
    customer_id: customerId,
    at: (atMs / 1000).toFixed(3),
    status: reported.status,
    metrics,
  };
}
