import type { SpanProcessor } from "@opentelemetry/sdk-trace";

/** Spans that have ended and have not reached the collector. */
export interface PendingSpans {
  count: number;
}

export interface BoundedSpansOptions {
  readonly pending: PendingSpans;
  readonly max: number;
  readonly onDropped: () => void;
}

/** Lets a span through to `inner` while fewer than `max` wait. The SDK's own bound drops in silence: this one tells. */
export function boundSpans(
  inner: SpanProcessor,
  { pending, max, onDropped }: BoundedSpansOptions,
): SpanProcessor {
  return {
    onStart: (span, context) => inner.onStart(span, context),
    onEnd(span) {
      if (pending.count >= max) return onDropped();
      pending.count += 1;
      inner.onEnd(span);
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
}
