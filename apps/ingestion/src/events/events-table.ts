import type { Migration } from "@libs/database";
import type { CartEvent } from "./cart-event.ts";

/**
 * All events, one row each. `sequence` orders them by arrival: milliseconds × 4096 + a counter. A row with the same session and
 * id replaces its duplicate, should two instances have written one at the same moment; queries that count use FINAL. Each
 * block is synced to disk before its insert returns.
 */
export const eventMigrations: readonly Migration[] = [
  {
    id: "ingestion/0001-events",
    up: `CREATE TABLE IF NOT EXISTS events (
      id String,
      type LowCardinality(String),
      session_id String,
      cart_id String,
      shopper_id String,
      occurred_at DateTime64(3, 'UTC'),
      sequence UInt64,
      content_hash UInt32,
      currency LowCardinality(String),
      items String,
      page_kind LowCardinality(String),
      page_duration_ms UInt32,
      page_bounce_rate Nullable(Float64),
      page_exit_rate Nullable(Float64),
      page_value Nullable(Float64),
      visitor_type LowCardinality(String),
      traffic_type UInt16,
      region UInt16,
      browser UInt16,
      operating_system UInt16,
      special_day Nullable(Float64),
      month LowCardinality(String),
      weekend Nullable(UInt8),
      INDEX by_cart cart_id TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX by_sequence sequence TYPE minmax GRANULARITY 1
    ) ENGINE = ReplacingMergeTree(sequence)
    PARTITION BY toYYYYMM(occurred_at)
    ORDER BY (session_id, id)
    SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  },
  {
    // A merged part is synced before the parts that it replaces are removed, and merges take more parts at once: a
    // table of many small blocks would otherwise be rewritten more often than it is written.
    id: "ingestion/0002-events-merges",
    up: `ALTER TABLE events MODIFY SETTING
      min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, merge_selector_base = 12`,
  },
];

/** New parts have no skip indexes, which are a quarter of a part's files: merges add them, and small parts are read whole. */
export const eventInsertSettings = { materialize_skip_indexes_on_insert: 0 } as const;

/** Numbers events by arrival, in order across restarts: the clock advances by more than a process can count in the meantime. */
export class Sequence {
  readonly #now: () => number;
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Later numbers are above this one, whatever the clock says. */
  goOnFrom(sequence: number): void {
    this.#last = Math.max(this.#last, sequence);
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#now() * 4096);
    return this.#last;
  }
}

/** The smallest sequence of a moment. */
export function sequenceAt(ms: number): number {
  return ms * 4096;
}

/** One event as a row of the table, as a line of JSON. */
export function toRow(event: CartEvent, sequence: number): string {
  const { page, context } = event;
  return JSON.stringify({
    id: event.id,
    type: event.type,
    session_id: event.sessionId,
    cart_id: event.cartId ?? "",
    shopper_id: event.shopperId ?? "",
    occurred_at: (event.occurredAtMs / 1000).toFixed(3),
    sequence,
    content_hash: event.contentHash,
    currency: event.currency ?? "",
    items: event.items === undefined ? "" : JSON.stringify(event.items),
    page_kind: page?.kind ?? "",
    page_duration_ms: page?.durationMs ?? 0,
    page_bounce_rate: page?.bounceRate ?? null,
    page_exit_rate: page?.exitRate ?? null,
    page_value: page?.value ?? null,
    visitor_type: context?.visitorType ?? "",
    traffic_type: context?.trafficType ?? 0,
    region: context?.region ?? 0,
    browser: context?.browser ?? 0,
    operating_system: context?.operatingSystem ?? 0,
    special_day: context?.specialDay ?? null,
    month: context?.month ?? "",
    weekend: context?.weekend ?? null,
  });
}
