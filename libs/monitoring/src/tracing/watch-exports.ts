import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logging/logger.ts";
import type { Counter, Metrics } from "../metrics/metrics.ts";
import type { PendingSpans } from "./bounded-spans.ts";

export interface SpanCounters {
  readonly exported: Counter;
  /** Refused by the collector, or it could not be reached. */
  readonly lost: Counter;
  /** Never sent: too many were waiting. */
  readonly dropped: Counter;
}

export function createSpanCounters(metrics: Metrics): SpanCounters {
  const spans = metrics.counter({
    name: "cartway_trace_spans_total",
    help: "Spans that have ended, by what became of them: exported, lost by an export that failed, dropped before one.",
    labels: ["outcome"],
  });
  return {
    exported: spans.with({ outcome: "exported" }),
    lost: spans.with({ outcome: "lost" }),
    dropped: spans.with({ outcome: "dropped" }),
  };
}

export interface WatchExportsOptions {
  readonly logger: Logger;
  readonly counters: SpanCounters;
  readonly pending: PendingSpans;
}

/** Tells of exports that fail, which the SDK keeps to itself: a count for each batch, a line when it begins and when it ends. */
export function watchExports(
  exporter: SpanExporter,
  { logger, counters, pending }: WatchExportsOptions,
): SpanExporter {
  let failing = false;
  return {
    export(batch, done) {
      exporter.export(batch, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        pending.count -= batch.length;
        (failed ? counters.lost : counters.exported).inc(batch.length);
        if (failed && !failing) logger.warn({ err: result.error }, "spans cannot be exported");
        if (!failed && failing) logger.info({}, "spans are exported again");
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
