import type { TracerOptions } from "./create-tracer.ts";
import { RecordedSpan } from "./recorded-span.ts";
import { createSpanClock } from "./span-clock.ts";
import { SpanQueue } from "./span-queue.ts";
import { newTraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";
import { UnrecordedSpan } from "./unrecorded-span.ts";

/**
 * Sends spans to an OpenTelemetry collector. Whether a trace is recorded is decided by the caller's `sampled` flag, or by ratio where the
 * trace begins here; other traces cost no span.
 */
export function createOtlpTracer(options: TracerOptions & { readonly endpoint: string }): Tracer {
  const { service, version = "unknown", endpoint, headers = {}, logger, metrics } = options;
  const { sampleRatio = 0.1, queueMax = 4096, closeTimeoutMs = 3000 } = options;
  const clock = createSpanClock();
  const queue = new SpanQueue({
    resource: { "service.name": service, "service.version": version },
    target: { url: `${endpoint.replace(/\/+$/, "")}/v1/traces`, headers, timeoutMs: 5000, backoffMs: 500 },
    max: queueMax,
    logger,
    metrics,
  });
  return {
    enabled: true,
    startSpan(name, spanOptions) {
      const { parent } = spanOptions;
      if (parent === null ? Math.random() < sampleRatio : parent.sampled)
        return new RecordedSpan(name, spanOptions, clock, queue.add);
      return new UnrecordedSpan(parent ?? newTraceContext(false));
    },
    async close() {
      // an unreachable collector must not make the app's exit fail
      if (!(await queue.close(closeTimeoutMs)))
        logger.warn({ timeoutMs: closeTimeoutMs }, "the last spans were lost");
    },
  };
}
