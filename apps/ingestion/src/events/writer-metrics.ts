import type { Metrics } from "@libs/monitoring";
import type { WriteOutcome } from "./event-writer.ts";

export interface WriterMetrics {
  event(outcome: WriteOutcome): void;
  refused(events: number): void;
  rejected(events: number): void;
  waiting(events: number): void;
  /** How long the first event of a block waited for it to begin. */
  gathered(seconds: number): void;
  written(events: number, seconds: number): void;
  folded(seconds: number): void;
  unfolded(events: number): void;
  unlogged(events: number): void;
  fileLeft(): void;
}

export function createWriterMetrics(metrics: Metrics): WriterMetrics {
  const events = metrics.counter({
    name: "cartway_ingestion_events_total",
    help: "Events by outcome.",
    labels: ["outcome"],
  });
  const byOutcome = {
    stored: events.with({ outcome: "stored" }),
    duplicate: events.with({ outcome: "duplicate" }),
    conflict: events.with({ outcome: "conflict" }),
  } as const satisfies Record<WriteOutcome, unknown>;
  const rejected = events.with({ outcome: "rejected" });
  const refused = events.with({ outcome: "refused" });
  const waiting = metrics.gauge({
    name: "cartway_ingestion_events_waiting",
    help: "Events that wait for their block.",
  });
  const unfolded = metrics.gauge({
    name: "cartway_ingestion_events_unfolded",
    help: "Stored events that are not in their carts yet.",
  });
  const unlogged = metrics.gauge({
    name: "cartway_ingestion_events_journaled",
    help: "Acknowledged events in the journal that are not yet in ClickHouse.",
  });
  const filesLeft = metrics.counter({
    name: "cartway_ingestion_journal_files_left_total",
    help: "Files of the journal that could not be let go once ClickHouse had their events.",
  });
  const blockEvents = metrics.histogram({
    name: "cartway_ingestion_block_events",
    help: "Events in a block.",
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  });
  const gather = metrics.histogram({
    name: "cartway_ingestion_gather_duration_seconds",
    help: "From the arrival of a block's first event to its commit's beginning.",
  });
  const fold = metrics.histogram({
    name: "cartway_ingestion_fold_duration_seconds",
    help: "To fold stored events into their carts.",
  });
  const commit = metrics.histogram({
    name: "cartway_ingestion_commit_duration_seconds",
    help: "To bring a block to disk.",
  });
  return {
    event: (outcome) => byOutcome[outcome].inc(),
    refused: (count) => refused.inc(count),
    rejected: (count) => rejected.inc(count),
    waiting: (count) => waiting.set(count),
    gathered: (seconds) => gather.observe(seconds),
    folded: (seconds) => fold.observe(seconds),
    unfolded: (count) => unfolded.set(count),
    unlogged: (count) => unlogged.set(count),
    fileLeft: () => filesLeft.inc(),
    written(count, seconds) {
      blockEvents.observe(count);
      commit.observe(seconds);
    },
  };
}
