import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logging/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Tells of exports that fail, which the SDK keeps to itself: a counter for each batch, a line when it begins and when it ends. */
export function watchExports(
  exporter: SpanExporter,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): SpanExporter {
  const spans = metrics.counter({
    name: "cartway_trace_spans_total",
    help: "Spans sent to the collector, by what became of them.",
    labels: ["outcome"],
  });
  let failing = false;
  return {
    export(batch, done) {
      exporter.export(batch, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        spans.with({ outcome: failed ? "lost" : "exported" }).inc(batch.length);
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
